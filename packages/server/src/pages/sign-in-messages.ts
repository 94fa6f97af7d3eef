/** What a sign-in says when it cannot go on. */
import { messagePage } from './page.ts'

export function unreadableForm(): Response {
  return messagePage({
    status: 400,
    title: 'The form could not be read',
    text: 'Go back to your app and connect again.',
  })
}

/** One answer for a missing or foreign cookie, a used handle and a foreign page (R41). */
export function signInEnded(): Response {
  return messagePage({
    status: 403,
    title: 'This sign-in has ended',
    text: 'It was used already, has expired, or was opened in another browser. Go back to your app and connect again.',
  })
}

export function tooManyAttempts(): Response {
  return messagePage({
    status: 429,
    title: 'Too many attempts',
    text: 'To protect mailboxes, signing in is paused for 15 minutes. After that, go back to your app and connect again. A browser that signed in to this mailbox before is not stopped by what others try.',
    headers: { 'Retry-After': '900' },
  })
}

/** Soon there is room again: no request of this kind takes longer. */
export function tooManyAtOnce(): Response {
  return messagePage({
    status: 429,
    title: 'Too many sign-ins at once',
    text: 'Several sign-ins from your network are opening at this moment. Wait some seconds, then reload this page.',
    headers: { 'Retry-After': '5' },
  })
}
