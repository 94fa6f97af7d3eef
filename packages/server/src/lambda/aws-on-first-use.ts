/**
 * The stores and the key service of the mcp function, loaded with the first call of one of their methods: `tools/list` of
 * the 2026 era needs neither, and their clients are a sixth of a cold start. One client each per environment.
 */
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import type { Stores } from '../store/stores.ts'
import type { TableNames } from '../store/table-schema.ts'

export function openAwsOnFirstUse(options: { region: string; tables: TableNames; credentialsKey: string }): {
  readonly stores: Stores
  readonly keyWrapper: KeyWrapper
} {
  const { region, tables, credentialsKey } = options
  let opening: Promise<Stores> | undefined
  async function openStores(): Promise<Stores> {
    const { createDynamoStores } = await import('../store/dynamodb/stores.ts')
    return createDynamoStores({ region, tables })
  }
  const store = <Name extends keyof Stores>(name: Name) =>
    onFirstUse<Stores[Name]>(async () => {
      opening ??= openStores()
      return (await opening)[name]
    })
  return {
    stores: {
      authorization: store('authorization'),
      accounts: store('accounts'),
      audit: store('audit'),
      derivedTokens: store('derivedTokens'),
      sessions: store('sessions'),
      once: store('once'),
    },
    keyWrapper: onFirstUse<KeyWrapper>(async () => {
      const { createKmsKeyWrapper } = await import('../keys/kms-key-wrapper.ts')
      return createKmsKeyWrapper({ region, keyId: credentialsKey })
    }),
  }
}

/** Only for contracts whose every method answers a promise, as those of the stores and of the key wrapper do. */
function onFirstUse<Part extends object>(open: () => Promise<Part>): Part {
  let opening: Promise<Part> | undefined
  return new Proxy({} as Part, {
    get:
      (_, method) =>
      async (...given: unknown[]) => {
        opening ??= open()
        const part = await opening
        const call = part[method as keyof Part] as (...given: unknown[]) => Promise<unknown>
        return await call.apply(part, given)
      },
  })
}
