/** How long a response says that it may be kept (RFC 9111 §5.2.2). Bounds are the keeper's. */

/** Seconds; 0 where it must not be kept; undefined where nothing is said, or not clearly. */
export function maxAgeOf(cacheControl: string | undefined): number | undefined {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  if (directives.some((one) => /^no-(?:store|cache)(?:=|$)/.test(one))) return 0
  const ages = directives.flatMap((one) => /^max-age="?(\d{1,10})"?$/.exec(one)?.[1] ?? [])
  // RFC 9111 §4.2.1: of several the shortest.
  return ages.length === 0 ? undefined : Math.min(...ages.map(Number))
}
