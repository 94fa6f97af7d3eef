/**
 * The owner's own pages behind a link, from parts that are already open. They have neither a client's token nor a secret of
 * the deployment: what a link's token does not open stays shut. Nothing here reads the environment.
 */
import type { Connector } from '@email-connector/mail'
import type { EpochSeconds } from '@email-connector/oauth'
import { createFindLink } from '../accounts/linked-mailbox.ts'
import type { Admission } from '../admission.ts'
import { type Clock, nowSeconds, clock as realClock } from '../clock.ts'
import { appName } from '../deployment-names.ts'
import type { Routes } from '../http/frame.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import type { Log } from '../log.ts'
import { createFiles } from '../owner/files.ts'
import type { Review } from '../owner/review.ts'
import type { ProviderClients } from '../provider-tokens/provider-client.ts'
import type { Stores } from '../store/stores.ts'
import { ownerRoutes } from './routes.ts'

export interface OwnerProductOptions {
  readonly publicUrl: string
  /** Whose mailboxes may be used. */
  readonly admission: Admission
  readonly stage: string
  readonly stores: Pick<Stores, 'accounts' | 'audit' | 'derivedTokens' | 'once'>
  readonly keyWrapper: KeyWrapper
  readonly connector: Connector
  readonly providerClients?: ProviderClients
  /** A whole download may take so long. */
  readonly downloadMs: number
  /** What one answer may carry where the gateway does not stream; absent: any size. */
  readonly maxBytes?: number
  /** Of the files that one form of /review may add. */
  readonly uploadBytes: number
  readonly log: Log
  readonly now?: () => EpochSeconds
  readonly clock?: Pick<Clock, 'now'>
}

export function createOwnerProduct(options: OwnerProductOptions): Routes {
  const {
    publicUrl,
    admission,
    stage,
    stores,
    keyWrapper,
    connector,
    providerClients,
    log,
    downloadMs,
    maxBytes,
    uploadBytes,
  } = options
  const { now = nowSeconds, clock = realClock } = options
  const findLink = createFindLink({
    ...{ keyWrapper, app: appName, stage, issuer: publicUrl, now },
    ...{ tokens: stores.derivedTokens, store: stores.accounts, admission },
    ...(providerClients && { providerClients }),
  })
  let reviewing: Promise<Review> | undefined
  /** Sending is half of this program, and a download does without it: loaded with the first draft. */
  async function openReview(): Promise<Review> {
    reviewing ??= import('../owner/review.ts').then(({ createReview }) =>
      createReview({
        ...{ publicUrl, findLink, connector, now, log, audit: stores.audit, once: stores.once, uploadBytes },
      }),
    )
    return await reviewing
  }
  return ownerRoutes({
    uploadBytes,
    review: { post: async (request) => (await openReview()).post(request) },
    files: createFiles({
      ...{ publicUrl, findLink, connector, downloadMs, now, clock, log, audit: stores.audit },
      ...(maxBytes !== undefined && { maxBytes }),
    }),
  })
}
