/**
 * A warning before the account costs more than its owner wants. Of the whole account: a filter by tag shows nothing
 * until somebody activates the tag for billing.
 */
import type { Stack } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { stackName } from '../names.ts'
import type { Stage } from '../settings.ts'

export function createBudget(stack: Stack, { name, alarmAddress, monthlyBudgetUsd, region }: Stage): void {
  if (alarmAddress === undefined || monthlyBudgetUsd === undefined) return
  const warnAt = (threshold: number, notificationType: 'ACTUAL' | 'FORECASTED') => ({
    notification: { comparisonOperator: 'GREATER_THAN', threshold, notificationType },
    subscribers: [{ subscriptionType: 'EMAIL', address: alarmAddress }],
  })
  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: stackName(name, region),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
    },
    notificationsWithSubscribers: [warnAt(80, 'ACTUAL'), warnAt(100, 'FORECASTED')],
  })
}
