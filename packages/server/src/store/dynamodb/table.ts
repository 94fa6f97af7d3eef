/**
 * One table, with the five item actions that rights are given for. Waits and retries are bounded; whatever DynamoDB
 * cannot do right now is StoreUnavailableError; a condition that does not hold is an outcome.
 *
 * A retried write may meet its own first attempt, whose answer got lost, and would take itself for a rival. Every
 * conditional write therefore leaves a random mark, and one that is refused by its own mark has been written.
 */
import { randomBytes } from 'node:crypto'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { StoreUnavailableError } from '@email-connector/oauth'
import { type AwsClientOptions, awsDeadlineMs, toClientConfig } from '../../aws-client.ts'
import { withDeadline } from '../../deadline.ts'
import type { Item, Plain } from './attributes.ts'
import { toItem } from './attributes.ts'

export interface ItemKey {
  readonly pk: string
  readonly sk?: string
}

/** In expressions `#name` means the attribute `name`: many of our names are reserved words. */
export interface ItemUpdate {
  readonly set?: string
  readonly remove?: string
  readonly add?: string
  /** Members of a set. */
  readonly delete?: string
  readonly condition?: string
  readonly values?: Readonly<Record<`:${string}`, Plain>>
  /** For attribute names that are not fixed. */
  readonly names?: Readonly<Record<`#${string}`, string>>
  /** What `written` answers with; the whole new row when not said. */
  readonly answer?: 'ALL_NEW' | 'UPDATED_OLD'
}

export type UpdateOutcome =
  | { readonly outcome: 'written'; readonly item: Item }
  /** With the row as it is; none when it does not exist. */
  | { readonly outcome: 'refused'; readonly item: Item | undefined }

export interface Table {
  /** Strongly consistent. */
  get(key: ItemKey): Promise<Item | undefined>
  /** Refused when the row exists, unless `replaceIf` says when it may be replaced. */
  create(
    key: ItemKey,
    row: Readonly<Record<string, Plain | undefined>>,
    replaceIf?: { condition: string; values: Readonly<Record<`:${string}`, Plain>> },
  ): Promise<UpdateOutcome>
  update(key: ItemKey, change: ItemUpdate): Promise<UpdateOutcome>
  /** Deletes it if the condition holds or there is nothing; otherwise nothing happens. */
  remove(
    key: ItemKey,
    onlyIf?: { condition: string; values: Readonly<Record<`:${string}`, Plain>> },
  ): Promise<void>
  /** Every row of a partition, or so many whose sort key starts so, in its order; strongly consistent. */
  list(pk: string, only?: { startsWith: string; most: number; after?: string }): Promise<readonly Item[]>
}

export function createDynamoClient(options: AwsClientOptions): DynamoDBClient {
  return new DynamoDBClient(toClientConfig(options))
}

export function createTable(client: DynamoDBClient, name: string, deadlineMs = awsDeadlineMs): Table {
  const bounded = <T>(call: (signal: AbortSignal) => Promise<T>) =>
    withDeadline(deadlineMs, () => new StoreUnavailableError('DynamoDB did not answer in time'), call).catch(
      (cause: unknown) => {
        if (cause instanceof ConditionalCheckFailedException || cause instanceof StoreUnavailableError)
          throw cause
        if (cause instanceof Error && cause.name === 'ValidationException') {
          throw new Error('DynamoDB finds a request malformed', { cause })
        }
        throw new StoreUnavailableError('DynamoDB is unavailable', { cause })
      },
    )

  /** Runs a conditional write that leaves `mark`. */
  async function decided(mark: string, write: () => Promise<Item | undefined>): Promise<UpdateOutcome> {
    try {
      return { outcome: 'written', item: (await write()) ?? {} }
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      const item = error.Item
      if (item !== undefined && item.mark?.S === mark) return { outcome: 'written', item }
      return { outcome: 'refused', item }
    }
  }

  return {
    async get(key) {
      const answer = await bounded((abortSignal) =>
        client.send(new GetItemCommand({ TableName: name, Key: toItem({ ...key }), ConsistentRead: true }), {
          abortSignal,
        }),
      )
      return answer.Item
    },

    create(key, row, replaceIf) {
      const mark = newMark()
      const item = toItem({ ...row, ...key, mark })
      const condition = `attribute_not_exists(#pk)${replaceIf ? ` OR (${replaceIf.condition})` : ''}`
      return decided(mark, async () => {
        await bounded((abortSignal) =>
          client.send(
            new PutItemCommand({
              TableName: name,
              Item: item,
              ConditionExpression: condition,
              ExpressionAttributeNames: namesIn(condition),
              ...(replaceIf && { ExpressionAttributeValues: toItem(replaceIf.values) }),
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
            { abortSignal },
          ),
        )
        return item
      })
    },

    update(key, change) {
      const mark = newMark()
      const expression = [
        `SET ${change.set ? `${change.set}, ` : ''}#mark = :mark`,
        change.remove && `REMOVE ${change.remove}`,
        change.add && `ADD ${change.add}`,
        change.delete && `DELETE ${change.delete}`,
      ]
        .filter(Boolean)
        .join(' ')
      return decided(mark, async () => {
        const answer = await bounded((abortSignal) =>
          client.send(
            new UpdateItemCommand({
              TableName: name,
              Key: toItem({ ...key }),
              UpdateExpression: expression,
              ExpressionAttributeNames: { ...namesIn(`${expression} ${change.condition}`), ...change.names },
              ExpressionAttributeValues: toItem({ ...change.values, ':mark': mark }),
              ReturnValues: change.answer ?? 'ALL_NEW',
              ...(change.condition && {
                ConditionExpression: change.condition,
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              }),
            }),
            { abortSignal },
          ),
        )
        return answer.Attributes
      })
    },

    async remove(key, onlyIf) {
      const condition = onlyIf && `attribute_not_exists(#pk) OR (${onlyIf.condition})`
      await bounded((abortSignal) =>
        client.send(
          new DeleteItemCommand({
            TableName: name,
            Key: toItem({ ...key }),
            ...(onlyIf &&
              condition && {
                ConditionExpression: condition,
                ExpressionAttributeNames: namesIn(condition),
                ExpressionAttributeValues: toItem(onlyIf.values),
              }),
          }),
          { abortSignal },
        ),
      ).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      })
    },

    async list(pk, only) {
      const items: Item[] = []
      let from = only?.after === undefined ? undefined : toItem({ pk, sk: only.after })
      do {
        const answer = await bounded((abortSignal) =>
          client.send(
            new QueryCommand({
              TableName: name,
              KeyConditionExpression: `#pk = :pk${only ? ' AND begins_with(#sk, :start)' : ''}`,
              ExpressionAttributeNames: { '#pk': 'pk', ...(only && { '#sk': 'sk' }) },
              ExpressionAttributeValues: toItem({ ':pk': pk, ...(only && { ':start': only.startsWith }) }),
              ...(only && { Limit: only.most - items.length }),
              ConsistentRead: true,
              ...(from && { ExclusiveStartKey: from }),
            }),
            { abortSignal },
          ),
        )
        items.push(...(answer.Items ?? []))
        from = answer.LastEvaluatedKey
      } while (from && items.length < (only?.most ?? Number.POSITIVE_INFINITY))
      return items
    },
  }
}

function newMark(): string {
  return randomBytes(12).toString('base64url')
}

function namesIn(expression: string): Record<string, string> {
  return Object.fromEntries(
    [...expression.matchAll(/#(\w+)/g)].map(([placeholder, name]) => [placeholder, name ?? '']),
  )
}
