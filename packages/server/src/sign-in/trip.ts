/** What a page hands over when its person is to sign in at a provider, and what it gets back. */
import type { EpochSeconds } from '@email-connector/oauth'
import type { Permission } from '../caller.ts'
import type { Fields, ParsedMailbox, SignInWish } from './form.ts'
import type { PendingGate, TripPage } from './pending-sign-in.ts'

export interface Trip {
  readonly page: TripPage
  readonly fields: Fields
  readonly wish: SignInWish
  readonly permission: Permission
  /** With a refresh token: not where a mailbox is only proved. */
  readonly lasting: boolean
  /** When the sign-in around it is over; absent: nothing is around it. */
  readonly endsAt?: EpochSeconds
}

interface ReturnedForm {
  readonly page: TripPage
  readonly fields: Fields
  /** Of the browser: its cookies, and nothing of the page that it comes from. */
  readonly request: Request
  /** Ends the browser's own cookie. */
  readonly cookie: string
}

/** A form that comes again with what the provider said. */
export interface ReturnedMailbox extends ReturnedForm {
  readonly kind: 'mailbox'
  readonly mailbox: ParsedMailbox
}

/** A browser that was at the organisation's login. */
export interface ReturnedFromGate extends ReturnedForm {
  readonly kind: 'gate'
  /** With the query that it came with. */
  readonly callback: URL
  readonly pending: PendingGate
}
