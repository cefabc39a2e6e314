// What Google's CSP Evaluator says of the policy that it is given, as JSON.
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENTS + "/");
const { CspEvaluator } = require("csp_evaluator/dist/evaluator.js");
const { CspParser } = require("csp_evaluator/dist/parser.js");
const { Severity } = require("csp_evaluator/dist/finding.js");

const found = new CspEvaluator(new CspParser(process.argv[2]).csp).evaluate();
console.log(JSON.stringify(found.map(({ severity, directive, value }) => [Severity[severity], directive, value ?? null])));
