"""The trained network as an ONNX graph, its weights in eight bits.

Weights are whole numbers with a scale for every 32 of them; what flows through the network stays in 32 bits or is rounded row by row, so
a post gets the same verdict whatever stands beside it in a batch. (Rounding a whole batch with one scale would not have that.)
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from monitor.classifiers.embedded.pieces import MARK_PIECE
from scripts.training.network import Network

BLOCK = 32
OPSET = 18
_MS = "com.microsoft"
Floats = NDArray[np.float32]


class _Graph:
    """Nodes and weights collected so far; each method adds some and returns the name of what they make."""

    def __init__(self, bits: int, level: int, ranges: dict[str, tuple[float, float]]):
        self.bits, self.level, self.ranges = bits, level, ranges
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[np.generic], name: str) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, *inputs: str, name: str, domain: str = "", **settings: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **settings))
        return name

    def product(self, values: str, weight: Floats, name: str) -> str:
        """``values`` times ``weight`` (outputs, inputs) transposed."""
        if self.bits == 32:
            return self.node("MatMul", values, self.constant(weight.T, f"{name}.weight"), name=name)
        if self.ranges:
            return self._whole_product(values, weight, name)
        packed, scale = _blocks(weight)
        count, width = weight.shape
        return self.node(
            "MatMulNBits",
            values,
            self.constant(packed, f"{name}.weight"),
            self.constant(scale, f"{name}.scale"),
            name=name,
            domain=_MS,
            K=width,
            N=count,
            bits=8,
            block_size=BLOCK,
            accuracy_level=self.level,
        )

    def _whole_product(self, values: str, weight: Floats, name: str) -> str:
        low, high = self.ranges[name]
        size = (high - low) / 255
        shift = self.constant(np.array(round(-low / size), np.uint8), f"{name}.zero")
        size_name = self.constant(np.array(size, np.float32), f"{name}.size")
        whole = self.node("QuantizeLinear", values, size_name, shift, name=f"{name}.rounded")
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-9) / 127
        packed = self.constant(np.rint(weight / scale[:, None]).astype(np.int8).T, f"{name}.weight")
        column = self.constant(scale.astype(np.float32), f"{name}.scale")
        return self.node("MatMulIntegerToFloat", whole, packed, size_name, column, shift, name=name, domain=_MS)

    def linear(self, values: str, weight: Floats, bias: Floats, name: str) -> str:
        return self.node("Add", self.product(values, weight, f"{name}.product"), self.constant(bias, f"{name}.bias"), name=name)

    def rows(self, table: Floats, places: str, name: str) -> str:
        """Rows of ``table`` at ``places``."""
        if self.bits == 32:
            return self.node("Gather", self.constant(table, f"{name}.table"), places, name=name)
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
        whole = self.constant(np.rint(table / scale).astype(np.int8), f"{name}.table")
        found = self.node("Cast", self.node("Gather", whole, places, name=f"{name}.whole"), name=f"{name}.cast", to=TensorProto.FLOAT)
        sizes = self.node("Gather", self.constant(scale.astype(np.float32), f"{name}.scale"), places, name=f"{name}.size")
        return self.node("Mul", found, sizes, name=name)

    def mean(self, states: str, weight: str, name: str) -> str:
        """Mean of ``states`` (n, t, width) with ``weight`` (n, t, 1)."""
        axis = self.constant(np.array([1]), f"{name}.axis")
        total = self.node("ReduceSum", self.node("Mul", states, weight, name=f"{name}.kept"), axis, name=f"{name}.sum", keepdims=0)
        count = self.node("ReduceSum", weight, axis, name=f"{name}.count", keepdims=0)
        least = self.constant(np.array(1, np.float32), f"{name}.least")
        return self.node("Div", total, self.node("Max", count, least, name=f"{name}.most"), name=name)


def _blocks(weight: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """Return weights (outputs, blocks, ``BLOCK``) around 128 and their scales."""
    count, width = weight.shape
    parts = weight.reshape(count, width // BLOCK, BLOCK)
    scale = np.maximum(np.abs(parts).max(axis=2, keepdims=True), 1e-9) / 127
    packed = (np.rint(parts / scale) + 128).astype(np.uint8)
    return packed, scale[:, :, 0].astype(np.float32)


def graph(network: Network, bits: int = 8, level: int = 4, ranges: dict[str, tuple[float, float]] | None = None) -> onnx.ModelProto:
    """Return the graph: ``input_ids``, ``attention_mask`` (n, t) to ``logits`` (n, verdicts) and ``vector`` (n, numbers).

    ``bits``: 8 or 32. ``level``: of MatMulNBits; 4 rounds inputs to eight bits by row and block, 1 computes in 32 bits.
    """
    state = {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}
    config, made = network.encoder.config, _Graph(bits, level, ranges or {})
    states = _embedded(made, state, config.layer_norm_eps)
    short = made.node("Cast", "attention_mask", name="padding", to=TensorProto.INT32)
    for at in range(config.num_hidden_layers):
        layer = {name.split(".", 4)[4]: value for name, value in state.items() if name.startswith(f"encoder.encoder.layer.{at}.")}
        layer = {name.removeprefix(f"{at}."): value for name, value in layer.items()}
        states = _layer(made, states, short, layer, f"layer{at}", config.num_attention_heads, config.layer_norm_eps)
    _heads(made, states, state)
    integers = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")]
    sizes = {"logits": state["verdicts.bias"].shape[0], "vector": state["vector.bias"].shape[0]}
    found = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in sizes.items()]
    whole = helper.make_graph(made.nodes, "embedded", integers, found, made.weights)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(_MS, 1)], ir_version=9)


def _embedded(made: _Graph, state: dict[str, Floats], eps: float) -> str:
    start = "encoder.embeddings."
    pieces = made.rows(state[f"{start}word_embeddings.weight"], "input_ids", "pieces")
    places = state[f"{start}position_embeddings.weight"] + state[f"{start}token_type_embeddings.weight"][0]
    one = made.constant(np.array([1]), "one")
    length = made.node("Gather", made.node("Shape", "input_ids", name="shape"), one, name="length")
    zero = made.constant(np.array([0]), "zero")
    position = made.node("Slice", made.constant(places, "places"), zero, length, zero, name="position")
    whole = made.node("Add", pieces, position, name="placed")
    return _norm(made, whole, state[f"{start}LayerNorm.weight"], state[f"{start}LayerNorm.bias"], "embedded", eps)


def _norm(made: _Graph, values: str, weight: Floats, bias: Floats, name: str, eps: float) -> str:
    weights = made.constant(weight, f"{name}.weight"), made.constant(bias, f"{name}.bias")
    return made.node("LayerNormalization", values, *weights, name=name, axis=-1, epsilon=eps)


def _layer(made: _Graph, states: str, padding: str, layer: dict[str, Floats], name: str, heads: int, eps: float) -> str:
    names = [f"attention.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([layer[f"{one}.weight"] for one in names])
    bias = np.concatenate([layer[f"{one}.bias"] for one in names])
    whole = made.product(states, weight, f"{name}.qkv")
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    made.nodes.append(helper.make_node("Split", [whole], parts, name=f"{name}.split", axis=-1, num_outputs=3))
    shift = made.constant(bias, f"{name}.qkv.bias")
    seen = made.node("MultiHeadAttention", *parts, shift, padding, name=f"{name}.seen", domain=_MS, num_heads=heads)
    out = made.product(seen, layer["attention.output.dense.weight"], f"{name}.out")
    states = _added(made, out, states, layer, "attention.output", f"{name}.attended", eps)
    inner = made.product(states, layer["intermediate.dense.weight"], f"{name}.inner")
    inner = made.node(
        "BiasGelu", inner, made.constant(layer["intermediate.dense.bias"], f"{name}.inner.bias"), name=f"{name}.gelu", domain=_MS
    )
    out = made.product(inner, layer["output.dense.weight"], f"{name}.outer")
    return _added(made, out, states, layer, "output", f"{name}.done", eps)


def _added(made: _Graph, values: str, skip: str, layer: dict[str, Floats], part: str, name: str, eps: float) -> str:
    weights = [layer[f"{part}.LayerNorm.weight"], layer[f"{part}.LayerNorm.bias"], layer[f"{part}.dense.bias"]]
    named = [made.constant(value, f"{name}.{at}") for at, value in enumerate(weights)]
    return made.node("SkipLayerNormalization", values, skip, *named, name=name, domain=_MS, epsilon=eps)


def _heads(made: _Graph, states: str, state: dict[str, Floats]) -> None:
    two = made.constant(np.array([2]), "last")
    there = made.node("Unsqueeze", "attention_mask", two, name="there.column")
    there = made.node("Cast", there, name="there", to=TensorProto.FLOAT)
    mean = made.mean(states, there, "mean")
    is_mark = made.node("Equal", "input_ids", made.constant(np.array(MARK_PIECE), "mark"), name="is_mark")
    marks = made.node("Cast", made.node("Unsqueeze", is_mark, two, name="marks.column"), name="marks", to=TensorProto.FLOAT)
    any_mark = made.node("ReduceMax", marks, made.constant(np.array([1]), "any.axis"), name="any_mark.number", keepdims=0)
    any_mark = made.node("Cast", any_mark, name="any_mark", to=TensorProto.BOOL)
    marked = made.node("Where", any_mark, made.mean(states, marks, "marked.mean"), mean, name="marked")
    both = made.node("Concat", mean, marked, name="both.in", axis=1)
    both = made.node("MatMul", both, made.constant(state["both.weight"].T, "both.weight"), name="both.product")
    shared = made.node("BiasGelu", both, made.constant(state["both.bias"], "both.bias"), name="shared", domain=_MS)
    product = made.node("MatMul", shared, made.constant(state["verdicts.weight"].T, "verdicts.weight"), name="verdicts.product")
    made.node("Add", product, made.constant(state["verdicts.bias"], "verdicts.bias"), name="logits")
    product = made.node("MatMul", mean, made.constant(state["vector.weight"].T, "vector.weight"), name="vector.product")
    whole = made.node("Add", product, made.constant(state["vector.bias"], "vector.bias"), name="vector.whole")
    made.node("LpNormalization", whole, name="vector", axis=1, p=2)


def write(network: Network, path: Path, bits: int = 8, ranges: dict[str, tuple[float, float]] | None = None) -> None:
    """Write the graph to ``path``."""
    onnx.save(graph(network, bits, ranges=ranges), str(path))


def ranges(network: Network, batches: Iterable[Tensor], share: float = 1e-5) -> dict[str, tuple[float, float]]:
    """Return the range of what flows into each product, without the outermost ``share`` of the numbers on either side."""
    seen: dict[str, list[tuple[float, float]]] = {}
    hooks = []
    for at, layer in enumerate(network.encoder.encoder.layer):
        parts = {"qkv": layer.attention.self.query, "out": layer.attention.output.dense}
        parts |= {"inner": layer.intermediate.dense, "outer": layer.output.dense}
        for name, part in parts.items():
            places = seen.setdefault(f"layer{at}.{name}", [])

            def note(_: nn.Module, inputs: tuple[Tensor, ...], places: list[tuple[float, float]] = places) -> None:
                flat = np.sort(inputs[0].detach().float().numpy().ravel())
                cut = round(len(flat) * share)
                places.append((float(flat[cut]), float(flat[-1 - cut])))

            hooks.append(part.register_forward_pre_hook(note))
    with torch.inference_mode():
        for batch in batches:
            network(batch)
    for hook in hooks:
        hook.remove()
    return {name: (min(low for low, _ in found), max(high for _, high in found)) for name, found in seen.items()}
