/**
 * What the endpoint serves: a fresh server per request, and the scope each tool needs. The product's tools are one
 * application; the conformance fixtures of the tests are another behind the same endpoint code.
 */
import type { McpServer } from '@modelcontextprotocol/server'
import type { Caller, Scope } from '../caller.ts'
import type { CallBeginning } from './call-beginning.ts'

export interface McpApplication {
  /**
   * A new server for one request of one caller. `signal` aborts when the client is gone or the answer is complete.
   * `beginning` is there for a single call of a tool, which may tell it how it began.
   */
  buildServer(
    caller: Caller,
    options: { signal: AbortSignal; beginning?: CallBeginning | undefined },
  ): McpServer
  /** The scope a call of this tool needs; undefined: none, or no such tool. */
  requiredScope(tool: string): Scope | undefined
}
