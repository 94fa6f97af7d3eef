/** What a one-time link says at its end: that it does not work, that nothing can be changed, or what was done. */
import { messagePage } from './page.ts'

/** One answer for a link that is unknown, used, replaced, expired, another browser's, or sent from elsewhere. */
export function linkEnded(status: 400 | 403 = 403): Response {
  return messagePage({
    status,
    title: 'This link does not work any more',
    text: 'It works once, for 15 minutes, in one browser, and a newer link ends it. Ask your app for your mail accounts: it shows a new one.',
  })
}

export function linkUnchangeable(): Response {
  return messagePage({
    status: 403,
    title: 'This connection cannot be changed any more',
    text: 'This server no longer has the secrets it was made with. It goes on as it is. Remove it in your app and connect again to change it.',
  })
}

export function linkDone(title: string, text: string): Response {
  return messagePage({ status: 200, title, text })
}
