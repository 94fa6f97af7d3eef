/** Names of the web that a text spells out: with what makes them an address, or any word with a dot in it. */

const maxNames = 1_000
const inAddress = /(?:\b(?:https?|ftp):\/\/|@|\bwww\.)([\p{L}\p{N}_.-]{1,255})/giu
/** From the start of a run only: dots every second letter would take time by the square. */
const dotted = /(?<![\p{L}\p{N}_.-])[\p{L}\p{N}_-]{1,63}(?:\.[\p{L}\p{N}_-]{1,63}){1,8}/gu

/** `https://shop.example/x`, `www.shop.example`, `ann@shop.example`. */
export function findHosts(text: string): string[] {
  return take(text.matchAll(inAddress), ([, host = '']) => host)
}

/** `Shop.example` as well, and every other dotted word. */
export function findDotted(text: string): string[] {
  return take(text.matchAll(dotted), ([name]) => name)
}

function take(found: Iterable<RegExpMatchArray>, read: (one: RegExpMatchArray) => string): string[] {
  const names = new Set<string>()
  for (const one of found) {
    names.add(read(one).replace(/\.+$/, '').toLowerCase())
    if (names.size >= maxNames) break
  }
  return [...names]
}
