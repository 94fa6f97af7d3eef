/**
 * What the code and the deployment must call by the same name: the product, which is also the first word of every key
 * context, and its functions, each an entry point in lambda/ and a bundle.
 */
export const appName = 'email-connector'

export const functionNames = ['mcp', 'oauth', 'owner', 'health', 'authorizer'] as const
export type FunctionName = (typeof functionNames)[number]
