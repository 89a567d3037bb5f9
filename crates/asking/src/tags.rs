//! Tags of links: one event can be in several groups.

use std::collections::HashMap;

/// Tags that links have now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// The place of the groups' column that has the link.
    pub column: usize,
    /// By id of a link, its tags; links that have none are missing.
    pub of_links: HashMap<String, Vec<Box<str>>>,
}

impl Tags {
    /// The groups of events with these values: one for each tag of the link, or one without a tag.
    pub fn groups(&self, values: &[String]) -> Vec<Vec<String>> {
        let link = values.get(self.column).map_or("", String::as_str);
        let none = [Box::from("")];
        let tags = self.of_links.get(link).map_or(&none[..], |tags| tags);
        let with = |tag: &str| {
            let mut groups = values.to_vec();
            if let Some(group) = groups.get_mut(self.column) {
                *group = tag.to_owned();
            }
            groups
        };
        tags.iter().map(|tag| with(tag)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_in_the_group_of_each_of_its_tags() {
        let of_links = [("lnk_1".into(), vec!["a".into(), "b".into()])];
        let tags = Tags {
            column: 1,
            of_links: of_links.into(),
        };
        let groups = |link: &str| tags.groups(&["DE".into(), link.into()]);
        assert_eq!(groups("lnk_1"), [["DE", "a"], ["DE", "b"]]);
        assert_eq!(groups("lnk_2"), [["DE", ""]]);
        assert_eq!(groups(""), [["DE", ""]]);
    }
}
