/**
 * The MCP endpoint with the product's tools, from parts that are already open. Needs no secret of the deployment and
 * knows nothing of sign-in. Nothing here reads the environment.
 */
import { type Connector, type ProviderId, providers } from '@email-connector/mail'
import type { EpochSeconds } from '@email-connector/oauth'
import { createFileLinkMaker } from '../accounts/file-link.ts'
import { createGrantAccounts, isLive } from '../accounts/grant-accounts.ts'
import { createLinkMaker } from '../accounts/one-time-link.ts'
import { createReviewLinkMaker } from '../accounts/review-link.ts'
import type { Admission } from '../admission.ts'
import { nowSeconds } from '../clock.ts'
import { appName } from '../deployment-names.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import { describeBug, type Log } from '../log.ts'
import { createMcpEndpoint, type McpEndpoint } from '../mcp/mcp-endpoint.ts'
import type { Challenge } from '../mcp/scope-check.ts'
import type { ProviderClients } from '../provider-tokens/provider-client.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { Stores } from '../store/stores.ts'
import { createToolApplication, type SessionQuestions } from '../tool-call/tool-application.ts'
import { catalog } from '../tools/catalog.ts'

export interface McpProductOptions {
  readonly publicUrl: string
  readonly disabledProviders?: readonly ProviderId[]
  /** Whose mailboxes may be used. */
  readonly admission: Admission
  readonly providerClients?: ProviderClients
  readonly stage: string
  readonly stores: Stores
  readonly keyWrapper: KeyWrapper
  readonly connector: Connector
  readonly challenge: Challenge
  readonly log: Log
  readonly version: string
  readonly sessionQuestions?: SessionQuestions
  /** The real clock unless given. */
  readonly now?: () => EpochSeconds
}

export function createMcpProduct(options: McpProductOptions): McpEndpoint {
  const {
    publicUrl,
    disabledProviders = [],
    stage,
    stores,
    keyWrapper,
    connector,
    challenge,
    log,
    version,
    providerClients = async () => [],
    now = nowSeconds,
  } = options
  const ownerLinks = { leashes: stores.authorization, store: stores.derivedTokens, publicUrl, now }
  return createMcpEndpoint({
    application: createToolApplication({
      catalog,
      grantAccounts: createGrantAccounts({
        store: stores.accounts,
        keyWrapper,
        app: appName,
        stage,
        issuer: publicUrl,
        now,
        admission: options.admission,
        providerClients,
      }),
      once: stores.once,
      audit: stores.audit,
      createLink: createLinkMaker({ store: stores.authorization, publicUrl, now }),
      createFileLink: createFileLinkMaker(ownerLinks),
      createReviewLink: createReviewLinkMaker(ownerLinks),
      mail: { connector, now },
      providersOffered: providers.map(({ id }) => id).filter((id) => !disabledProviders.includes(id)),
      signIns: () => listSignIns(providerClients),
      publicUrl,
      version,
      log,
      ...(options.sessionQuestions && { sessionQuestions: options.sessionQuestions }),
      now,
    }),
    // Who cannot be asked need not be held.
    ...(options.sessionQuestions?.waitMs === 0 && { holdMs: 0 }),
    sessions: stores.sessions,
    hint: createHintCipher,
    challenge,
    now,
    async isGranted(caller) {
      const found = await stores.accounts.findGrantWithAccounts(caller.grantId)
      return found !== undefined && isLive(found.grant, caller, now())
    },
    report: (cause) => log({ event: 'bug', outcome: 'failed', ...describeBug(cause) }),
  })
}

/** None where the secret with them cannot be understood: nobody can sign in then. */
async function listSignIns(clients: ProviderClients) {
  try {
    return (await clients()).map(({ provider: { id, name } }) => ({ id, name }))
  } catch (error) {
    if (error instanceof ProviderRefusedError) return []
    throw error
  }
}
