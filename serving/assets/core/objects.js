// Names of links, campaigns, goals and pixels by their ids, as far as they were seen.

const known = new Map();
/** More are not remembered. */
const MOST = 5_000;
const LISTS = { link: "links", campaign: "campaigns", goal: "goals", pixel: "pixels" };

/** Remembers what `id` is called. */
export function remember(id, name) {
  if (known.size >= MOST) known.clear();
  if (id && name) known.set(id, name);
}

/** What is known of `id`. */
export const knownName = (id) => known.get(id);

/** The name of the object `id`, asked for if need be; undefined where `dimension` has no objects, or it is not to be seen. */
export async function objectName(api, dimension, id) {
  if (!(dimension in LISTS) || !id) return undefined;
  if (!known.has(id)) {
    try {
      const object = await api.get(`/v1/${LISTS[dimension]}/${encodeURIComponent(id)}`);
      remember(id, object.slug ? `/${object.slug}` : object.name);
    } catch {
      return undefined;
    }
  }
  return known.get(id);
}
