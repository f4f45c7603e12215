// Structured inclusive blocks become parallel ones: every branch gets a token, and a branch whose condition is false passes
// it on unseen. Then nobody has to ask which tokens could still arrive. What is not structured keeps the rule of the join.
import { connect, freeId, generatedNode, type Graph, type GraphFlow, type GraphNode, incoming, outgoing } from './graph.js';

type FlowText = { text: string; language: string | null };

/** Lowers every block that is a split, branches apart from each other, and a join of nothing else. */
export function lowerInclusiveBlocks(graph: Graph): void {
  const gateways = [...graph.nodes.values()].filter((node) => node.type === 'bpmn:InclusiveGateway');
  for (const split of gateways) {
    if (outgoing(graph, split.id).length < 2) continue;
    for (const join of gateways) {
      const branches = join.type === 'bpmn:InclusiveGateway' ? branchesBetween(graph, split, join) : null;
      if (!branches) continue;
      lowerBlock(graph, split, join, branches);
      break;
    }
  }
}

interface Branch {
  flow: GraphFlow;
  /** Empty when the branch leads straight to the join. */
  nodes: Set<string>;
  exits: GraphFlow[];
}

function branchesBetween(graph: Graph, split: GraphNode, join: GraphNode): Branch[] | null {
  if (join === split || join.parentId !== split.parentId || outgoing(graph, join.id).length !== 1) return null;
  const branches: Branch[] = [];
  const claimed = new Set<string>();
  for (const flow of outgoing(graph, split.id)) {
    const branch = branchOf(graph, split, join, flow);
    if (!branch) return null;
    for (const id of branch.nodes) {
      if (claimed.has(id)) return null;
      claimed.add(id);
    }
    branches.push(branch);
  }
  const isOurs = (flow: GraphFlow): boolean => flow.sourceId === split.id || claimed.has(flow.sourceId);
  return incoming(graph, join.id).every(isOurs) ? branches : null;
}

function branchOf(graph: Graph, split: GraphNode, join: GraphNode, flow: GraphFlow): Branch | null {
  const nodes = new Set<string>();
  const open = flow.targetId === join.id ? [] : [flow.targetId];
  while (open.length > 0) {
    const id = open.pop()!;
    if (nodes.has(id)) continue;
    if (id === split.id) return null;
    nodes.add(id);
    const next = [...outgoing(graph, id).map((one) => one.targetId), ...boundariesOf(graph, id)];
    if (outgoing(graph, id).length === 0) return null; // a token that ends on the way never comes to the join
    open.push(...next.filter((one) => one !== join.id));
  }
  for (const id of nodes) if (incoming(graph, id).some((one) => one !== flow && !nodes.has(one.sourceId))) return null;
  const exits = [...graph.flows.values()].filter((one) => one.targetId === join.id && (nodes.has(one.sourceId) || one === flow));
  if (exits.length !== 1 && [...nodes].some((id) => multiplies(graph, id))) return null;
  return { flow, nodes, exits };
}

const boundariesOf = (graph: Graph, id: string): string[] => [...graph.nodes.values()].filter((node) => node.attachedTo === id).map((node) => node.id);

/** True when one token that comes in may leave as two. */
function multiplies(graph: Graph, id: string): boolean {
  const node = graph.nodes.get(id)!;
  if (node.attachedTo !== null && !node.cancelActivity) return true;
  const isChoice = node.type === 'bpmn:ExclusiveGateway' || node.type === 'bpmn:EventBasedGateway';
  return !isChoice && outgoing(graph, id).length > 1;
}

function lowerBlock(graph: Graph, split: GraphNode, join: GraphNode, branches: Branch[]): void {
  const conditions: FlowText[] = branches.filter(({ flow }) => !flow.isDefault).map(({ flow }) => textOf(flow));
  const hasDefault = branches.some(({ flow }) => flow.isDefault);
  const fork = forkOf(graph, split);
  let index = 0;
  for (const branch of branches) {
    const own = branch.flow.isDefault ? -1 : index++;
    lowerBranch(graph, split, join, branch, own < 0 ? { kind: 'rest', conditions, gatewayId: split.id } : { kind: 'branch', conditions, index: own, gatewayId: split.id, hasDefault });
    branch.flow.sourceId = fork.id;
  }
  join.type = 'bpmn:ParallelGateway';
}

function textOf(flow: GraphFlow): FlowText {
  if (flow.condition?.kind === 'feel') return { text: flow.condition.text, language: flow.condition.language };
  return { text: '=true', language: null };
}

/** A split that is a join too keeps its way of joining; the fork stands behind it. */
function forkOf(graph: Graph, split: GraphNode): GraphNode {
  if (incoming(graph, split.id).length < 2) {
    split.type = 'bpmn:ParallelGateway';
    return split;
  }
  const fork = generatedNode({ id: freeId(graph, `${split.id}_fork`), type: 'bpmn:ParallelGateway', role: 'gateway', parentId: split.parentId });
  graph.nodes.set(fork.id, fork);
  connect(graph, split.id, fork.id, `${split.id}_${fork.id}`);
  return fork;
}

function lowerBranch(graph: Graph, split: GraphNode, join: GraphNode, branch: Branch, condition: NonNullable<GraphFlow['condition']>): void {
  const { flow } = branch;
  const gate = (name: string): GraphNode => {
    const node = generatedNode({ id: freeId(graph, `${flow.id}_${name}`), type: 'bpmn:ExclusiveGateway', role: 'gateway', parentId: split.parentId, origin: null });
    graph.nodes.set(node.id, node);
    return node;
  };
  const [choice, merge] = [gate('if'), gate('done')];
  const firstId = flow.targetId;
  for (const exit of branch.exits) if (exit !== flow) exit.targetId = merge.id;
  flow.targetId = choice.id;
  flow.condition = null;
  flow.isDefault = false;
  connect(graph, choice.id, firstId === join.id ? merge.id : firstId, `${flow.id}_yes`, condition);
  // the fault of a condition is the split's: the author never saw the choice
  const skip = connect(graph, choice.id, merge.id, `${flow.id}_no`);
  skip.isDefault = true;
  connect(graph, merge.id, join.id, `${merge.id}_${join.id}`);
}
