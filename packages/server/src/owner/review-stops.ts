/** What went wrong with an answer on `/review`, as its owner reads it. What has no sentence here is a bug, and thrown. */
import { MailError } from '@email-connector/mail'
import { AccountNotAdmittedError, GrantGoneError } from '../accounts/grant-accounts.ts'
import { SettingsRefusedError } from '../accounts/owner-settings.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import type { Log } from '../log.ts'
import { type ReviewStop, reviewRefusedPage, reviewStoppedPage } from '../pages/review-ended-page.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { ToolError } from '../wire/tool-error.ts'
import { stopOfMail } from './mail-stop.ts'

export function stopOfReview(error: unknown, log: Log): Response {
  if (error instanceof KeyRefusedError) {
    log({ event: 'key_refused', outcome: 'refused' })
    return reviewStoppedPage('ended')
  }
  if (error instanceof SettingsRefusedError) {
    log({ event: 'key_refused', outcome: 'refused', code: 'settings_unreadable' })
    return reviewStoppedPage('settings')
  }
  // The list of who may connect says no more to a stranger than a link that is over.
  if (error instanceof AccountNotAdmittedError || error instanceof GrantGoneError)
    return reviewStoppedPage('ended')
  if (error instanceof ProviderRefusedError) return reviewStoppedPage('sign_in')
  if (error instanceof ToolError) return refused(error)
  if (!(error instanceof MailError)) throw error
  log({ event: 'mail', outcome: 'failed', code: error.code })
  return reviewStoppedPage(stopOf(error))
}

function refused({ code, message }: ToolError): Response {
  if (code === 'send_in_progress') return reviewStoppedPage('in_progress')
  if (code === 'owner_limit') return reviewRefusedPage(message)
  return reviewStoppedPage('not_sendable')
}

function stopOf(error: MailError): ReviewStop {
  const isRefused = error.code === 'invalid_input' || error.code === 'not_supported'
  return isRefused ? 'not_sendable' : stopOfMail(error)
}
