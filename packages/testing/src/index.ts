/** Test servers and stand-ins. Private; imports nothing of the packages it tests. */
export * from './certificates.ts'
export * from './dovecot.ts'
export { type DovecotProfile, GERMAN_FOLDERS } from './dovecot-configuration.ts'
export * from './free-port.ts'
export * from './mailbox-reader.ts'
export * from './temp-folder.ts'
export * from './tied-process.ts'
