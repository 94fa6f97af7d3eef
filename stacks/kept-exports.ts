/**
 * Exports that the stacks of release 0.1.0 import. Taking one away while it is imported would stop the update from that
 * release at its first step. Nothing here imports them: this file goes when no stage of 0.1 is left.
 */
import type { Stack } from 'aws-cdk-lib'

export function keepExports(stack: Stack, values: readonly string[]): void {
  for (const value of values) stack.exportValue(value)
}
