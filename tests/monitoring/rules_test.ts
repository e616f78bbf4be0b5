/** The alert rules and the dashboard, judged by promtool against what the real program exposes. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { METRICS } from "../../src/metrics/catalogue.ts";
import { PII } from "../datahub/loop/labels.ts";
import { rowsOf } from "../docs/tables.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { compiled, startService } from "../support/program.ts";
import { type Scrape, scrape } from "../support/scrape.ts";
import { testUnless } from "../support/skipping.ts";
import { installPromtool } from "./tools.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly type: string;
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

const FOLDER = "deploy/monitoring";
const promtool = await installPromtool();
const whyNot = "missing" in promtool ? promtool.missing : undefined;
const database = await useDatabase({ customers: true });

const { groups } = parse(await Deno.readTextFile(`${FOLDER}/rules.yaml`));
const rules = (groups as { rules: Rule[] }[]).flatMap((group) => group.rules);
const dashboard = JSON.parse(await Deno.readTextFile(`${FOLDER}/dashboard.json`));
const panels = dashboard.panels as readonly Panel[];
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

async function runPromtool(
  args: readonly string[],
  options: { readonly stdin?: string; readonly cwd?: string } = {},
): Promise<string> {
  if ("missing" in promtool) throw new Error(promtool.missing);
  const { stdin, ...where } = options;
  const child = new Deno.Command(promtool.program, {
    args: [...args],
    ...where,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { success, stdout, stderr } = await child.output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, printed);
  return printed;
}

/** What a program exposes that uses all of its parts: a run that worked, one that did not, DataHub. */
async function makeFullScrape(): Promise<Scrape> {
  await using datahub = startDatahub();
  const urn = urnOf(`${database.name}.public.customers`);
  datahub.metadata.addDataset(urn, ["email", "phone"]);
  datahub.metadata.label({ dataset: urn, column: "email", label: PII });
  await using service = await startService(compiled, {
    PG_CONN_STR: database.url,
    HISTORY_CONN_STR: database.url,
    PUSHDOWN: "false",
    DATAHUB_GMS_URL: datahub.url,
    DATAHUB_GMS_TOKEN: datahub.token,
    DATAHUB_TAGS: PII,
  });
  const body = { dataset_urn: urn, columns: ["email"] };
  assert.equal((await service.trigger(body)).status, 200);
  assert.equal((await service.trigger({ ...body, columns: ["no_such"] })).status, 422);
  await service.logged("datahub_sweep_finished");
  datahub.metadata.label({ dataset: urn, column: "phone", label: PII }); // which makes an event
  const awaited = [
    "datahub_event_lag_seconds",
    'datahub_reconciliations_total{outcome="observed"}',
  ];
  await until(async () => {
    const { series } = await scrape(service.url);
    return awaited.every((name) => series.has(`tokenize_${name}`));
  });
  return await scrape(service.url);
}

let made: Promise<Scrape> | undefined;
/** The same for every test: the table is tokenized only once. */
const fullScrape = () => made ??= makeFullScrape();

/** The names of metrics in an expression. */
function metricsIn(expression: string): string[] {
  return expression.match(/\b(?:tokenize|process)_[a-z_]+\b/g) ?? [];
}

testUnless(whyNot, "promtool finds nothing to complain about in what is exposed", async () => {
  const { text } = await fullScrape();
  assert.equal(await runPromtool(["check", "metrics"], { stdin: text }), "");
});

Deno.test("every metric of the rules, the dashboard and the documentation is exposed", async () => {
  const { series, text } = await fullScrape();
  const exposed = new Set([...series.keys()].map((name) => name.replace(/\{.*/, "")));
  const used = [...rules.map(({ expr }) => expr), ...expressions].flatMap(metricsIn);
  assert.ok(used.length > 50);
  assert.deepEqual(used.filter((name) => !exposed.has(name)), []);
  const missing = Object.keys(METRICS).filter((name) => !text.includes(`# TYPE ${name} `));
  assert.deepEqual(missing, []);
});

testUnless(whyNot, "promtool accepts the rules, and each alert fires when it should", async () => {
  await runPromtool(["check", "rules", "--lint=all", "--lint-fatal", `${FOLDER}/rules.yaml`]);
  await runPromtool(["test", "rules", "rules_test.yaml"], { cwd: FOLDER });
  const { tests } = parse(await Deno.readTextFile(`${FOLDER}/rules_test.yaml`));
  const cases = (tests as { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[])
    .flatMap(({ alert_rule_test }) => alert_rule_test);
  for (const { alert } of rules) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    assert.ok(
      own.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${alert} is never seen to fire`,
    );
    assert.ok(own.some(({ exp_alerts }) => exp_alerts.length === 0), `${alert} always fires`);
  }
});

testUnless(whyNot, "promtool accepts the scrape configuration", async () => {
  await runPromtool(["check", "config", "--syntax-only", "scrape.yaml"], { cwd: FOLDER });
});

testUnless(whyNot, "promtool accepts every expression of the dashboard", async () => {
  assert.ok(expressions.length > 40);
  const asRules = {
    groups: [{
      name: "dashboard",
      rules: expressions.map((expr, i) => ({
        record: `panel:expression:${i}`,
        expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h"),
      })),
    }],
  };
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(asRules)); // JSON is YAML, too
    await runPromtool(["check", "rules", file]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the operator's rules are the same ones", async () => {
  const rule = parse(await Deno.readTextFile(`${FOLDER}/prometheus_rule.yaml`));
  assert.equal(rule.kind, "PrometheusRule");
  assert.deepEqual(rule.spec.groups, groups);
});

Deno.test("each alert has a severity, says what to do, and is in the documentation", () => {
  assert.ok(rules.length > 10);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Tokenize[A-Z]\w+$/);
    assert.ok(["critical", "warning", "info"].includes(labels.severity), alert);
    assert.match(annotations.summary, /^[A-Z{].{15,}[^.]$/);
    assert.match(annotations.description, /^[A-Z`/].{30,}\.$/);
  }
  const documented = rowsOf("docs/monitoring.md", "alert").map(([name]) => name);
  assert.deepEqual(documented, rules.map(({ alert }) => `\`${alert}\``));
});

Deno.test("the dashboard's panels have ids of their own, and none covers another", () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert.ok(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column},${line}`;
        assert.ok(!taken.has(cell), `${title} covers ${taken.get(cell)}`);
        taken.set(cell, title);
      }
    }
  }
});
