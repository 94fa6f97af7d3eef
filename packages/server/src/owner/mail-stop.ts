/** What a mail server's fault means to the owner at one of their pages. What a page says of bad input is its own. */
import type { MailError } from '@email-connector/mail'

export function stopOfMail({ code }: MailError): 'gone' | 'too_large' | 'sign_in' | 'mail_server' {
  switch (code) {
    case 'message_not_found':
    case 'mailbox_not_found':
    case 'stale_id':
      return 'gone'
    case 'too_large':
      return 'too_large'
    case 'login_refused':
    case 'login_needs_oauth':
    case 'token_refused':
    case 'token_scope_missing':
    case 'access_disabled':
    case 'access_blocked':
      return 'sign_in'
    default:
      return 'mail_server'
  }
}
