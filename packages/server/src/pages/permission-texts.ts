/** What each permission means, and what each way of being asked, in sentences for its owner: the same on every page. */
import type { GrantSettings } from '../accounts/settings.ts'
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
      `${client} can also send mail in your name. You choose below whether you are asked before a mail goes out.`,
  },
}

export const askTexts: Readonly<
  Record<GrantSettings['ask'], { readonly title: string; readonly text: (client: string) => string }>
> = {
  ask: {
    title: 'Ask me',
    text: (client) =>
      `Nothing goes out without your yes: ${client} shows you each mail, and where it cannot, the mail waits in your Drafts.`,
  },
  always: {
    title: 'Only I send',
    text: () =>
      'Every mail waits in your Drafts, whatever the app says, until you send it yourself: here, or from your mail program.',
  },
  never: {
    title: 'Do not ask',
    text: (client) =>
      `Mail goes out at once. A mail that tricks ${client} can then make it send yours to strangers.`,
  },
}
