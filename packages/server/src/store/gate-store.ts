/** Who asks the organisation's login about the person of a grant again: one at a time. */
import type { EpochSeconds } from '@email-connector/oauth'

export interface GateStore {
  /** One caller of many gets it: of a live grant whose word is the one that was read. One whose time is over is taken over. */
  takeGateLease(lease: {
    grantId: string
    wordAsRead: string
    holder: string
    now: EpochSeconds
    until: EpochSeconds
  }): Promise<'taken' | 'refused'>
  /** Gives it back, with the new word where there is one. Refused: another has it, or the grant has ended. */
  endGateLease(lease: { grantId: string; holder: string; sealedGate?: string }): Promise<'ended' | 'refused'>
}
