/** The JSON Schema of `stages.json`, for editors: `pnpm write-stages-schema` writes it, a test compares. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { stageSchema } from './stage-options.ts'

export const schemaFile = join(import.meta.dirname, 'stages.schema.json')

export function stagesSchemaText(): string {
  const { $schema, ...stage } = z.toJSONSchema(stageSchema, { io: 'input' })
  const schema = {
    $schema,
    title: 'Stages of email-connector',
    description: 'One entry for each stage; docs/deploy.md explains every setting.',
    type: 'object',
    properties: { $schema: { type: 'string' } },
    additionalProperties: stage,
  }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

if (process.argv[1] === import.meta.filename) writeFileSync(schemaFile, stagesSchemaText())
