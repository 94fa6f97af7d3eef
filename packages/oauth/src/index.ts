export { StoreUnavailableError } from './store.ts'
export type * from './store.ts'
