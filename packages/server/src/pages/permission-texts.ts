/** What each permission means, in sentences for its owner: the same on every page. */
import type { Permission } from '../caller.ts'

export const permissionTexts: Readonly<
  Record<Permission, { readonly title: string; readonly text: (client: string) => string }>
> = {
  read: {
    title: 'Read only',
    text: (client) =>
      `${client} can search and read your mail and attachments. It cannot change, move or send anything.`,
  },
  write: {
    title: 'Organise and draft',
    text: (client) =>
      `${client} can also mark, move and archive mail, put it in the bin, manage folders and write drafts. It cannot send.`,
  },
  send: {
    title: 'Organise, draft and send',
    text: (client) =>
      `${client} can also send mail in your name. Apps that are able to ask show you each mail before it goes out.`,
  },
}
