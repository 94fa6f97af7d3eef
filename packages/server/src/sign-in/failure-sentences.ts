/**
 * What a person reads when the live login fails: one fixed sentence per code and protocol, never the server's own
 * text. A refused host and one that does not exist read the same (R40).
 */
import type { MailAccount, MailError, Provider } from '@email-connector/mail'
import type { Fault } from './form.ts'

export function failureFault(error: MailError, account: MailAccount, provider: Provider | undefined): Fault {
  const smtp = error.protocol === 'smtp'
  const server = smtp ? account.smtp : account.imap
  const role = smtp ? 'outgoing mail' : 'incoming mail'
  const typed = account.provider === 'generic'
  const hostField = typed ? { field: smtp ? ('smtp_host' as const) : ('imap_host' as const) } : {}
  const tlsField = typed ? { field: smtp ? ('smtp_secure' as const) : ('imap_tls' as const) } : {}

  switch (error.code) {
    case 'login_refused':
      return { field: 'password', message: refusedPassword(smtp, provider) }
    case 'login_needs_oauth':
      return {
        field: 'provider',
        message:
          'Microsoft no longer accepts passwords for this mailbox, not even app passwords. Choose Outlook.com above, which says what works instead.',
      }
    case 'token_refused':
      return {
        field: 'address',
        message: `${server.host} did not let the account that you signed in with into ${account.address}. Sign in with the account of this address, or correct the address.`,
      }
    case 'token_scope_missing':
      return {
        field: 'provider',
        message: 'You did not allow access to your mail. Sign in again and tick the box for mail.',
      }
    case 'access_disabled':
      return smtp
        ? {
            message:
              'Reading works, but sending over SMTP is switched off for this mailbox. Ask the administrator to allow “Authenticated SMTP”, or choose a permission without sending.',
          }
        : {
            message:
              'IMAP is switched off for this mailbox. Switch it on in the settings of your mail (forwarding and IMAP), or ask the administrator, then sign in again.',
          }
    case 'access_blocked':
      return {
        message:
          'A rule of your organisation (conditional access, security defaults) keeps this server out of the mailbox. Ask the administrator to allow it.',
      }
    case 'host_unreachable':
      return {
        ...hostField,
        message: `No server for ${role} could be reached at ${server.host}, port ${server.port}. Check the name and the port.`,
      }
    case 'timeout':
      return {
        ...hostField,
        message: `${server.host} did not answer in time. Check the name and the port, or try again in a minute.`,
      }
    case 'tls_failed':
      return {
        ...hostField,
        message: `No secure connection to ${server.host}: its certificate is not valid for this name, is expired or not trusted, or its encryption is too old. The password was not sent.`,
      }
    case 'starttls_missing':
      return {
        ...tlsField,
        message: `${server.host} does not offer STARTTLS on port ${server.port}, so the password was not sent. Choose TLS and port ${smtp ? 465 : 993}.`,
      }
    case 'throttled':
    case 'try_later':
      return { message: `${server.host} is refusing new logins at the moment. Try again in a few minutes.` }
    case 'invalid_input':
      return typed
        ? { ...hostField, message: 'Check the server names and ports.' }
        : { field: 'address', message: 'Enter a complete email address, such as ann@example.com.' }
    case 'connection_lost':
    case 'server_refused':
    case 'sender_refused':
    case 'auth_required':
    case 'relay_refused':
    case 'policy_refused':
    case 'too_many_recipients':
    case 'mailbox_not_found':
    case 'mailbox_protected':
    case 'mailbox_read_only':
    case 'message_not_found':
    case 'stale_id':
    case 'over_quota':
    case 'too_large':
    case 'not_supported':
      return {
        ...hostField,
        message: `${server.host} closed the connection or answered in a way that mail servers do not. Check the name and the port, or try again in a minute.`,
      }
  }
}

function refusedPassword(smtp: boolean, provider: Provider | undefined): string {
  if (smtp) {
    return 'Reading works, but the server for outgoing mail refused this address and password. Check them, or choose a permission without sending.'
  }
  return provider?.signIn === 'app_password'
    ? `${provider.name} refused this address and password. It needs an app password, not your normal one.`
    : 'The mail server refused this address and password. Check both and try again.'
}
