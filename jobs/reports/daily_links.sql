-- What each link and goal of each account got yesterday (UTC).
-- Clicks are those of people; `bot_clicks` are apart. Conversions are counted on goals.
SELECT
  entity AS account,
  value AS object,
  CAST(time AS DATE) AS day,
  SUM(clicks) AS clicks,
  SUM(bot_clicks) AS bot_clicks,
  SUM(conversions) AS conversions
FROM object
WHERE starts_with(entity, 'acc_') -- campaigns have rows of their own
  AND time >= current_date() - INTERVAL '1 day'
  AND time < current_date()
GROUP BY entity, value, CAST(time AS DATE)
HAVING SUM(clicks) + SUM(bot_clicks) + SUM(conversions) > 0
ORDER BY account, day, object
