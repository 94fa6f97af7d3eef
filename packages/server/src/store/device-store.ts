/**
 * Sign-ins by device code while a person is at the provider. Only the store of the local runner keeps them: a deployment on
 * AWS has no such sign-in (docs/threat-model.md), so the contract has one implementation.
 */
import type { EpochSeconds } from '@email-connector/oauth'

export interface DeviceRow {
  /** Opens with what only the URL and the cookie of its browser have. */
  readonly sealed: string
  /** The provider is not asked before. */
  readonly askAt: EpochSeconds
  readonly intervalSeconds: number
  /** The provider did not answer when it was asked last. */
  readonly isSilent: boolean
  /** Who has the turn to ask; absent: nobody. */
  readonly holder?: string
  readonly expiresAt: EpochSeconds
}

export type DeviceTurn = Pick<DeviceRow, 'sealed' | 'askAt' | 'intervalSeconds' | 'isSilent'>

export interface DeviceStore {
  /** `id` is random, so there is no such row yet; a second one of the same id throws. */
  create(id: string, row: DeviceRow): Promise<void>
  /** Undefined when there is none or it has expired. */
  find(id: string, now: EpochSeconds): Promise<DeviceRow | undefined>
  /**
   * The turn to ask the provider: one caller of many gets it, from `askAt` on. `until`: when the next one may, if this one is
   * never heard of again.
   */
  takeTurn(id: string, now: EpochSeconds, turn: { holder: string; until: EpochSeconds }): Promise<boolean>
  /** What came of it. It changes nothing once another has the turn, or the row was taken. */
  endTurn(id: string, holder: string, turn: DeviceTurn): Promise<void>
  /** Hands the row out once. One caller of many gets it. */
  take(id: string, now: EpochSeconds): Promise<DeviceRow | undefined>
}
