/** A process that writes grants and says so, line by line, until it is killed: `node --import tsx level-writer.ts DIR`. */
import { writeSync } from 'node:fs'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { buildAccount, buildGrant, newId, now } from './builders.ts'

const [dir = ''] = process.argv.slice(2)
const { authorization, accounts, once } = await createLevelStores({ dir, now: () => now })
const counter = newId()

async function connectForEver(): Promise<never> {
  for (;;) {
    const grant = buildGrant({ state: 'pending', generation: 0, expiresAt: now + 600 })
    await accounts.createAccount(buildAccount({ grantId: grant.grantId, expiresAt: now + 600 }))
    await authorization.createGrant(grant)
    await authorization.extendAccounts(grant.grantId, ['first'], grant.absoluteExpiresAt)
    await authorization.commitRedemption({
      grantId: grant.grantId,
      codeId: grant.codeId,
      accessTokenId: 'access',
      refreshTokenId: 'refresh',
      now,
    })
    const count = await once.count(counter, 900, now)
    // Straight to the pipe: what is said is said before the next write begins.
    writeSync(1, `${grant.grantId} ${counter} ${count}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, connectForEver))
