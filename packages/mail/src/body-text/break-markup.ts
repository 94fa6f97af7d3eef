/**
 * Markup by which a program that shows an answer as Markdown or HTML would fetch something, or show words over a target of
 * their own: a blank in it, and it is text that reads the same. The last hand on every text; what a link becomes before
 * that is for links.ts.
 */
const loading =
  'img|image|iframe|frame|frameset|script|link|style|svg|object|embed|applet|video|audio|source|track|input|meta|base|form|picture|body|bgsound|portal'
const elements = new RegExp(String.raw`<(?=(?:${loading})(?:[\s/>]|$))`, 'gi')
/** From a `<` to the next one only, so that each letter is looked at once. */
const loadingAttributes =
  /<(?=[a-z][^<>]{0,1000}[\s/"'](?:style|background|src|srcset|poster|ping|formaction|on[a-z]{1,20})\s*=)/gi
const inlineTarget = /\]\((?=\s*<?(?:[a-z][a-z0-9+.-]{0,30}:|\/\/))/gi

/** The text with a blank in all markup that loads or links; done again it changes nothing. Linear. */
export function breakMarkup(text: string): string {
  if (!/!\[|\]\(|</.test(text)) return text
  return text
    .replaceAll('![', '! [')
    .replace(inlineTarget, '] (')
    .replace(elements, '< ')
    .replace(loadingAttributes, '< ')
}
