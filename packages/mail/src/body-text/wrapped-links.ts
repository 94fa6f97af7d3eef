/**
 * A link in angle brackets that a program broke over lines because it was too long for one (RFC 3986, Appendix C): the
 * breaks are no part of it, and its query would be read as words.
 */

/** Every line but the last is a full one, as programs break them: nothing that somebody wrote in short lines is joined. */
const wrapped = /<https?:\/\/[^\s<>]{50,990}(?:\r?\n[^\s<>]{60,998}){0,30}\r?\n[^\s<>]{1,998}>/gi

export function joinWrapped(text: string): string {
  return text.includes('<') ? text.replaceAll(wrapped, (link) => link.replaceAll(/\r?\n/g, '')) : text
}
