-- What each link, pixel and goal of each account got yesterday (UTC).
-- Clicks are those of people; `bot_clicks` are apart. Conversions are counted on goals.
SELECT
  account,
  object,
  CAST(time AS DATE) AS day,
  SUM(clicks) AS clicks,
  SUM(bot_clicks) AS bot_clicks,
  SUM(conversions) AS conversions
FROM account_object
WHERE time >= current_date() - INTERVAL '1 day'
  AND time < current_date()
GROUP BY account, object, CAST(time AS DATE)
HAVING SUM(clicks) + SUM(bot_clicks) + SUM(conversions) > 0
ORDER BY account, day, object
