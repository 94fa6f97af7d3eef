/**
 * As much of CloudFormation as decides whether a deployment can be made: what it refuses of a template, of a change and
 * of a removal, and what a rollback leaves behind. It makes nothing. Not modelled: rights, quotas, and whether a value
 * suits its service.
 */

export interface TemplateResource {
  readonly Type: string
  readonly Properties?: Record<string, unknown>
  readonly DependsOn?: string | string[]
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

export interface Template {
  readonly Resources: Record<string, TemplateResource>
  readonly Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>
}

/** In CloudFormation's words. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

export interface CloudFormation {
  readonly stacks: ReadonlyMap<string, Template>
  /** Stacks whose creation failed, with their status; the next deployment deletes them first. */
  readonly failed: ReadonlyMap<string, 'ROLLBACK_COMPLETE' | 'ROLLBACK_FAILED'>
  /** Names that are taken, of things that no stack knows any more. */
  readonly kept: ReadonlySet<string>
  /** Things that no stack knows any more, by type and logical id; they are billed on. */
  readonly left: ReadonlySet<string>
  /**
   * Creates or updates. Throws Refusal, after the rollback, so that the account is as it would be.
   * @param failing the logical id whose creation fails
   */
  deploy(stack: string, template: Template, failing?: string): void
  /** Throws Refusal. */
  remove(stack: string): void
  /** By its owner, past every stack: a table that no stack knows. */
  deleteTable(name: string): void
}

export function createCloudFormation(options: {
  /** Properties of the second that differ from the first and that cannot be changed in place. */
  replacingChanges: (before: TemplateResource, after: TemplateResource) => string[]
}): CloudFormation {
  const stacks = new Map<string, Template>()
  const failed = new Map<string, 'ROLLBACK_COMPLETE' | 'ROLLBACK_FAILED'>()
  const kept = new Set<string>()
  const left = new Set<string>()

  const exportsBut = (stack: string) =>
    new Set(
      [...stacks].flatMap(([name, template]) => (name === stack ? [] : Object.keys(exportsOf(template)))),
    )

  /** No export that another stack imports may go or change. */
  function checkExports(stack: string, next: Record<string, string>): void {
    for (const [name, value] of Object.entries(exportsOf(stacks.get(stack))))
      for (const [other, template] of stacks)
        if (other !== stack && next[name] !== value && importsIn(template).includes(name))
          throw new Refusal(
            `Cannot ${name in next ? 'update' : 'delete'} export ${name} as it is in use by ${other}`,
          )
  }

  function checkTemplate(stack: string, template: Template): void {
    if (Object.keys(template.Resources).length === 0)
      throw new Refusal('Template format error: At least one Resources member must be defined')
    const exported = exportsBut(stack)
    for (const name of importsIn(template))
      if (!exported.has(name)) throw new Refusal(`No export named ${name} found`)
    for (const [id, { Properties }] of Object.entries(template.Resources))
      if (hasEmptyList(Properties)) throw new Refusal(`${id}: a list has fewer than 1 item`)
    for (const [id, { Type }] of Object.entries(template.Resources)) {
      const before = stacks.get(stack)?.Resources[id]
      if (before !== undefined && before.Type !== Type)
        throw new Refusal(`Update of resource type is not permitted: ${id} is ${before.Type}, not ${Type}`)
    }
  }

  function deploy(stack: string, template: Template, failing?: string): void {
    checkTemplate(stack, template)
    const before = stacks.get(stack)
    checkExports(stack, exportsOf(template))
    const taken = new Set(kept)
    for (const { Resources } of stacks.values())
      for (const resource of Object.values(Resources)) for (const name of namesOf(resource)) taken.add(name)
    const created: string[] = []
    for (const id of inOrder(template, failing)) {
      const resource = template.Resources[id]
      if (resource === undefined) continue
      const old = before?.Resources[id]
      const names = namesOf(resource)
      if (old !== undefined && namesOf(old).join() === names.join()) {
        // The new one would be made before the old one is gone, under the same name.
        const [change] = names.length === 0 ? [] : options.replacingChanges(old, resource)
        if (change === undefined) continue
        throw new Refusal(`${id}: ${change} cannot change while its name stays: it requires replacing`)
      }
      const clash = names.find((name) => taken.has(name))
      if (id !== failing && clash === undefined) {
        created.push(id)
        continue
      }
      const [stuck] = created.reverse().filter((made) => !rollBack(made, template))
      if (before === undefined)
        failed.set(stack, stuck === undefined ? 'ROLLBACK_COMPLETE' : 'ROLLBACK_FAILED')
      if (stuck !== undefined)
        throw new Refusal(`${stack}: ROLLBACK_FAILED, ${stuck} is protected against deletion`)
      throw new Refusal(id === failing ? `${id}: CREATE_FAILED` : `${id}: ${clash} already exists`)
    }
    stacks.set(stack, template)
    failed.delete(stack)
    for (const [id, resource] of Object.entries(before?.Resources ?? {})) {
      const now = template.Resources[id]
      const isReplaced = now !== undefined && namesOf(now).join() !== namesOf(resource).join()
      if (now === undefined) discard(id, resource, resource.DeletionPolicy)
      else if (isReplaced) discard(id, resource, now.UpdateReplacePolicy)
    }
  }

  /** Whether it is gone; what is not is in the way of the next attempt. */
  function rollBack(id: string, template: Template): boolean {
    const resource = template.Resources[id]
    if (resource === undefined) return true
    const isStuck = isProtected(resource)
    // What its own creation made and a plain Retain keeps belongs to no stack from then on.
    if (isStuck || resource.DeletionPolicy === 'Retain') discard(id, resource, 'Retain')
    return !isStuck || resource.DeletionPolicy === 'Retain'
  }

  function discard(id: string, resource: TemplateResource, policy: string | undefined): void {
    if (!policy?.startsWith('Retain')) return
    left.add(`${resource.Type} ${id}`)
    for (const name of namesOf(resource)) kept.add(name)
  }

  return {
    stacks,
    failed,
    kept,
    left,
    deploy,
    deleteTable(name) {
      if (!kept.delete(`AWS::DynamoDB::Table ${JSON.stringify(name)}`))
        throw new Error(`No table ${name} is without a stack`)
    },
    remove(stack) {
      failed.delete(stack)
      const template = stacks.get(stack)
      if (template === undefined) return
      checkExports(stack, {})
      for (const [id, resource] of Object.entries(template.Resources))
        if (isProtected(resource) && !resource.DeletionPolicy?.startsWith('Retain'))
          throw new Refusal(`${stack}: DELETE_FAILED, ${id} is protected against deletion`)
      stacks.delete(stack)
      for (const [id, resource] of Object.entries(template.Resources))
        discard(id, resource, resource.DeletionPolicy)
    },
  }
}

/** Which property is the name of a thing of which there can be only one. A name of another type does not meet it. */
const nameProperties: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Lambda::Function': ['FunctionName'],
  'AWS::IAM::Role': ['RoleName'],
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::CloudWatch::Dashboard': ['DashboardName'],
  'AWS::SSM::Parameter': ['Name'],
  'AWS::WAFv2::WebACL': ['Name'],
  'AWS::ApiGateway::DomainName': ['DomainName'],
  // One mapping at the root of a domain.
  'AWS::ApiGateway::BasePathMapping': ['DomainName'],
}

function namesOf({ Type, Properties = {} }: TemplateResource): string[] {
  const properties = nameProperties[Type] ?? []
  return properties.flatMap((property) =>
    Properties[property] === undefined ? [] : [`${Type} ${JSON.stringify(Properties[property])}`],
  )
}

function isProtected({ Type, Properties }: TemplateResource): boolean {
  return Type === 'AWS::DynamoDB::Table' && Properties?.DeletionProtectionEnabled === true
}

/** Each after what it refers to. What fails comes as late as it can: by then everything that could be made was. */
function inOrder(template: Template, failing: string | undefined): string[] {
  const ids = Object.keys(template.Resources)
  const order: string[] = []
  const visit = (id: string) => {
    if (order.includes(id) || !ids.includes(id)) return
    for (const needed of referencesIn(template.Resources[id])) if (needed !== id) visit(needed)
    if (!order.includes(id)) order.push(id)
  }
  const needs = (id: string, seen = new Set<string>()): boolean => {
    if (id === failing) return true
    if (seen.has(id)) return false
    seen.add(id)
    return referencesIn(template.Resources[id]).some((needed) => needs(needed, seen))
  }
  for (const id of failing === undefined ? [] : ids) if (!needs(id)) visit(id)
  for (const id of ids) visit(id)
  return order
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner]
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])]
    if (key === 'DependsOn') return [inner].flat().map(String)
    return referencesIn(inner)
  })
}

function hasEmptyList(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return (Array.isArray(value) && value.length === 0) || Object.values(value).some(hasEmptyList)
}

function exportsOf(template: Template | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.values(template?.Outputs ?? {}).flatMap(({ Value, Export }) =>
      Export === undefined ? [] : [[Export.Name, JSON.stringify(Value)]],
    ),
  )
}

function importsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'Fn::ImportValue' && typeof inner === 'string' ? [inner] : importsIn(inner),
  )
}
