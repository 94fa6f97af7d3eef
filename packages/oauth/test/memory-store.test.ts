import { createMemoryStore } from './memory-store.ts'
import { describeAuthorizationStore } from './store-contract.ts'

describeAuthorizationStore('in memory', () => createMemoryStore())
