"""What the calls of this app take and answer; `/api/docs` is made from it.

A field that is not named here is ignored, except where a model says that it keeps more. A number is
no text.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from ninja import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from accounts.problems import Problem

#: The largest integer that every client holds exactly.
LARGEST = 2**53


def _refuse_text_and_truth(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("should be an integer")
    return value


#: An integer; 1.0 is one too, as in JSON there is no difference.
Whole: TypeAlias = Annotated[
    int, BeforeValidator(_refuse_text_and_truth), Field(ge=-LARGEST, le=LARGEST)
]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
#: Nodes or edges: an object by key, or an array of objects that hold their `_key`.
Parts: TypeAlias = dict[str, Any] | list[Any]

#: The number of a batch; 0 is the state before the first.
Seq: TypeAlias = Annotated[int | None, Query(ge=0, le=LARGEST)]

_PATH = {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}
_INDEX = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_INSTRUCTION: dict[str, Any] = {
    "type": "object",
    "description": "`o` is the operation, `p` the path; `o` says which other fields are needed.",
    "required": ["o", "p"],
    "properties": {
        "o": {"type": "integer", "minimum": 1, "maximum": 19},
        **dict.fromkeys("pd", _PATH),
        **dict.fromkeys("ilft", _INDEX),
        **dict.fromkeys("sr", _TEXT),
        "v": {},
    },
}
#: Described only: what is wrong with one is told with its index, and not by a schema.
Instruction: TypeAlias = Annotated[Any, WithJsonSchema(_INSTRUCTION)]

#: Given or left out, but never null, and shown so in the docs: the value itself is never used.
LEFT_OUT: Any = Field(default_factory=str)


class NewWorkflow(BaseModel):
    """A workflow to be made; without a workspace it goes to `default`."""

    name: str
    category: str | None = None
    description: str | None = None
    workspace: str | None = None
    nodes: Parts = Field(default_factory=dict)
    edges: Parts = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)


class WorkflowChanges(BaseModel):
    """The parts of a workflow to replace; what is left out stays."""

    name: str = LEFT_OUT
    category: str | None = None
    description: str | None = None
    nodes: Parts = LEFT_OUT
    edges: Parts = LEFT_OUT
    data: dict[str, Any] = LEFT_OUT


class Batch(BaseModel):
    """Instructions, applied all or not at all; with an `id` it may be sent again without harm."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"instructions": [{"o": 1, "p": ["name"], "v": "Orders"}]}]}
    )
    instructions: list[Instruction] = Field(min_length=1, max_length=256)
    id: str | None = Field(None, max_length=64, pattern="^[^\x00]*$")


class Restoration(BaseModel):
    """The batch after which a workflow was as it shall be again; 0 is the state it was made in."""

    seq: Annotated[Whole, Field(ge=0)]


class NewCategory(BaseModel):
    """A category to be made."""

    name: Name
    description: str | None = None
    workspace: str | None = None


class CategoryChanges(BaseModel):
    """The fields of a category to replace."""

    name: Name = LEFT_OUT
    description: str | None = None


class NewNodeConfig(BaseModel):
    """A node configuration to be made; fields of the editor's own are kept as they are given."""

    model_config = ConfigDict(extra="allow")
    type: Name
    name: Name
    process: str | None = None
    version: Whole = 1
    workspace: str | None = None


class NodeConfigChanges(BaseModel):
    """The fields of a node configuration to replace, the editor's own among them."""

    model_config = ConfigDict(extra="allow")
    type: Name = LEFT_OUT
    name: Name = LEFT_OUT
    process: str | None = None
    version: Whole = LEFT_OUT


class NewDataType(BaseModel):
    """A data type to be made; fields of the editor's own are kept as they are given."""

    model_config = ConfigDict(extra="allow")
    name: Name
    description: str | None = None
    fields: list[Any] | dict[str, Any] = Field(default_factory=list)
    workspace: str | None = None


class DataTypeChanges(BaseModel):
    """The fields of a data type to replace, the editor's own among them."""

    model_config = ConfigDict(extra="allow")
    name: Name = LEFT_OUT
    description: str | None = None
    fields: list[Any] | dict[str, Any] = LEFT_OUT


class CatalogEntry(BaseModel):
    """What every entry of a catalog has."""

    key: str = Field(alias="_key")
    workspace: str
    createdAt: int
    updatedAt: int


class Category(CatalogEntry):
    """A category."""

    name: str
    description: str | None


class NodeConfig(CatalogEntry):
    """A node configuration, with the fields of the editor's own."""

    model_config = ConfigDict(extra="allow")
    type: str
    name: str
    process: str | None
    version: int


class DataType(CatalogEntry):
    """A data type, with the fields of the editor's own."""

    model_config = ConfigDict(extra="allow")
    name: str
    description: str | None
    fields: list[Any] | dict[str, Any]


class CategoryKey(BaseModel):
    """The key of the category that was made."""

    categoryKey: str


class CategoryList(BaseModel):
    """Categories, the oldest first, and how many match in all."""

    categories: list[Category]
    total: int


class OneCategory(BaseModel):
    """A category after a change."""

    category: Category


class NodeConfigKey(BaseModel):
    """The key of the node configuration that was made."""

    nodeConfigKey: str


class NodeConfigList(BaseModel):
    """Node configurations, the oldest first, and how many match in all."""

    nodeConfigs: list[NodeConfig]
    total: int


class OneNodeConfig(BaseModel):
    """A node configuration as it is."""

    nodeConfig: NodeConfig


class DataTypeKey(BaseModel):
    """The key of the data type that was made."""

    dataTypeKey: str


class DataTypeList(BaseModel):
    """Data types, the oldest first, and how many match in all."""

    dataTypes: list[DataType]
    total: int


class OneDataType(BaseModel):
    """A data type as it is."""

    dataType: DataType


class WorkflowKey(BaseModel):
    """The key of the workflow that was made."""

    workflowKey: str


class WorkflowHead(BaseModel):
    """A workflow in a list."""

    key: str = Field(alias="_key")
    name: str
    category: str | None
    description: str | None
    workspace: str
    createdAt: int
    updatedAt: int


class WorkflowList(BaseModel):
    """A page of workflows, newest change first, and how many match in all."""

    workflows: list[WorkflowHead]
    total: int


class WholeWorkflow(WorkflowHead):
    """A workflow without its nodes and edges."""

    data: dict[str, Any]
    seq: int


class OpenWorkflow(WholeWorkflow):
    """A workflow with its nodes and edges, ascending by `_key`."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


class ChangedWorkflow(BaseModel):
    """A workflow after a change."""

    workflow: WholeWorkflow


class ReadWorkflow(BaseModel):
    """A workflow as it was asked for."""

    workflow: OpenWorkflow


class Committed(BaseModel):
    """Where a batch stands in the order; `instructions` where others were applied than sent."""

    seq: int
    timestamp: int
    instructions: list[dict[str, Any]] | None = None


class Restored(BaseModel):
    """The newest batch: the one that restored the older state, if anything was different."""

    seq: int


class HistoryBatch(BaseModel):
    """One batch and who sent it: `username` is null if the user is gone, `clientId` over HTTP."""

    seq: int
    timestamp: int
    instructions: list[dict[str, Any]]
    userId: str
    username: str | None
    clientId: str | None


class History(BaseModel):
    """A page of batches, newest first, and how many are kept in all."""

    history: list[HistoryBatch]
    total: int


#: What a call about something in a workspace may answer besides its own.
FAILS = {frozenset({403, 404}): Problem}
