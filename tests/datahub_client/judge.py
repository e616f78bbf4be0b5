"""Answers questions about what DataHub's own packages do.

The questions come as a JSON list on standard input, each an object with the name of a function below
under "ask" and its arguments beside it. The answers go as a JSON list to standard output.
"""

import json
import sys
from datetime import datetime, timezone

from datahub.emitter.serialization_helper import post_json_transform
from datahub.ingestion.graph.client import DatahubClientConfig, DataHubGraph
from datahub.metadata.schema_classes import ASPECT_NAME_MAP
from datahub.metadata.urns import DatasetUrn, SchemaFieldUrn
from datahub_actions.api.action_graph import AcrylDataHubGraph
from datahub_actions.pipeline.pipeline_context import PipelineContext
from datahub_actions.plugin.source.acryl.datahub_cloud_event_source import DataHubEventSource


def graph_of(server, token):
    return DataHubGraph(DatahubClientConfig(server=server, token=token))


def source_of(server, token, pipeline):
    graph = AcrylDataHubGraph(graph_of(server, token))
    config = {"kill_after_idle_timeout": True, "idle_timeout_duration_seconds": 1}
    return DataHubEventSource.create(config, PipelineContext(pipeline, graph))


def write_urns(platform, name, env, path):
    """How a dataset and its column are written."""
    dataset = DatasetUrn(platform, name, env)
    return {"dataset": str(dataset), "field": str(SchemaFieldUrn(str(dataset), path))}


def read_urn(urn):
    """What a column's URN consists of."""
    field = SchemaFieldUrn.from_string(urn)
    dataset = DatasetUrn.from_string(field.parent)
    return {
        "platform": dataset.get_data_platform_urn().platform_name,
        "name": dataset.name,
        "env": dataset.env,
        "path": field.field_path,
    }


def round_trip(aspect, value):
    """An aspect as it is after it was read by its schema and written again; null if it is invalid."""
    read = ASPECT_NAME_MAP[aspect].from_obj(post_json_transform(value))
    if not read.validate():
        return None
    return json.loads(json.dumps(read.to_obj(), default=lambda data: data.decode("latin-1")))


def store_offset(server, token, pipeline, offset):
    """Stores an offset as the stock source does. Returns the URN of the state."""
    source = source_of(server, token, pipeline)
    [consumer] = source.topic_consumers.values()
    consumer.commit_offsets(offset)
    return consumer.offsets_store.state_resource_urn


def consume(server, token, pipeline):
    """Runs the stock source until no more events come. Returns whose entities they are about."""
    source = source_of(server, token, pipeline)
    entities = []
    for event in source.events():
        entities.append(event.event.entityUrn)
        source.ack(event)
    source.close()
    return entities


def delete_profiles(server, token, urn):
    """Deletes the profiles of a dataset up to now. Returns how many."""
    end = datetime.now(tz=timezone.utc)
    return graph_of(server, token).hard_delete_timeseries_aspect(urn, "datasetProfile", None, end)


FUNCTIONS = {
    each.__name__: each
    for each in (write_urns, read_urn, round_trip, store_offset, consume, delete_profiles)
}

answers = [FUNCTIONS[question.pop("ask")](**question) for question in json.load(sys.stdin)]
json.dump(answers, sys.stdout)
