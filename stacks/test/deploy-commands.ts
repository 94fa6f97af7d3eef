/**
 * The commands of docs/deploy.md: those that a test runs, and the others with the reason why not. A command that is added to
 * the document has to be added here.
 */

/** Run by deploy-walk.long.test.ts, in this order. */
export const deployCommands = [
  'cp stages.example.json stages.json',
  'npx pnpm@10.34.9 synth -c stage=prod',
  'npx pnpm@10.34.9 sst deploy --stage prod',
  'npx pnpm@10.34.9 cdk deploy --all -c stage=prod',
  'npx pnpm@10.34.9 sst remove --stage prod',
]

export const notRun: Readonly<Record<string, string>> = {
  'git pull': 'changes the working copy',
  'npx pnpm@10.34.9 install': 'has been run, or this test could not run',
  'npx pnpm@10.34.9 synth': 'commands.test.ts runs it where there is no network',
  'aws sso login': 'needs a browser and an account',
  'npx cdk bootstrap aws://123456789012/eu-central-1': 'the stand-in is an account that is bootstrapped',
  'npx cdk destroy --all -c stage=prod': 'asks before it removes; removal.test.ts removes the same stacks',
  'npx cdk destroy --all -c stage=X': 'the same, for any stage',
  'npx pnpm@10.34.9 sst dev --stage personal': 'commands.test.ts brings it up',
  'npx pnpm@10.34.9 smoke https://mail.example.com': 'smoke.test.ts runs it against both gateways',
  'npx pnpm@10.34.9 clear-failed --stage prod':
    'after a deployment that failed; failed-creation.test.ts runs it on what one leaves',
  'npx pnpm@10.34.9 revoke --stage prod --host imap.gmail.com --login ann@example.com':
    'functions.test.ts runs it against the oauth function',
  'npx pnpm@10.34.9 revoke --local --host … --login …': 'packages/server/test/local/revoke.test.ts',
  'npm start': 'packages/server/test/e2e/local.test.ts',
  'openssl rand -base64 48': 'makes a seed; deploy-document.test.ts says that its length is right',
  'aws lambda put-function-concurrency --function-name prod-email-connector-mcp --reserved-concurrent-executions 0':
    'for an incident; the stand-in knows no functions',
}
