/** `pnpm revoke` for the local runner, which must not be running: its store has one process at a time. */
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { createOAuthProduct } from '../composition/oauth-product.ts'
import { createFileKeyWrapper } from '../keys/file-key-wrapper.ts'
import { loadLocalSecrets } from '../keys/instance-secrets.ts'
import type { MailboxOwner } from '../keys/owner-index.ts'
import { createLog } from '../log.ts'
import type { Ended } from '../sign-in/offboarding.ts'
import { createLevelStores } from '../store/level/stores.ts'
import { version } from '../version.ts'
import { parseLocalSettings } from './settings.ts'

/** Throws SettingsError, StoreOpenError and SecretFileError, whose messages are for the person who asked. */
export async function revokeLocally(
  owner: MailboxOwner,
  { dryRun, startedIn }: { readonly dryRun: boolean; readonly startedIn: string },
): Promise<Ended> {
  const { server: settings, dataDir } = parseLocalSettings(process.env, startedIn)
  const now = () => Math.floor(Date.now() / 1000)
  const stores = await createLevelStores({ dir: join(dataDir, 'store'), now })
  try {
    const { endConnections } = createOAuthProduct({
      ...{ settings, stores, version, now },
      stage: 'local',
      keyWrapper: createFileKeyWrapper({ path: join(dataDir, 'key') }),
      secrets: await loadLocalSecrets(dataDir),
      connector: createConnector({ policy: createHostPolicy() }),
      privateHosts: false,
      log: createLog({ write: () => undefined, now: () => new Date() }),
    })
    return await endConnections(owner, { dryRun })
  } finally {
    await stores.close()
  }
}
