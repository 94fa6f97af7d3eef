/** What the authorization server tells the operator, in the words of the log. */
import type { OAuthEvent } from '@email-connector/oauth'
import { hashGrantId, type LogLine } from '../log.ts'

export function toLogLine(event: OAuthEvent): LogLine {
  switch (event.kind) {
    case 'refused':
      return {
        event: event.endpoint === 'authorize' ? 'connect' : event.endpoint,
        outcome: event.error === 'temporarily_unavailable' ? 'unavailable' : 'refused',
        // The log drops a code it has no word for.
        code: event.error as LogLine['code'] & string,
      }
    case 'tokens_issued':
    case 'answer_repeated':
      return { event: 'token', outcome: 'ok', grant: hashGrantId(event.grantId) }
    case 'grant_revoked': {
      const replayed = event.cause === 'code_replayed' || event.cause === 'refresh_token_reused'
      return {
        event: 'revoke',
        outcome: 'ok',
        grant: hashGrantId(event.grantId),
        ...(replayed ? { code: 'replayed' } : {}),
      }
    }
  }
}
