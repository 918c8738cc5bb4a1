"""How onnxruntime is opened for the ears: one thread, no spinning, the processor alone."""

from importlib import resources

import onnxruntime


def open_bundled(package: str, name: str) -> onnxruntime.InferenceSession:
    """A session over the file `name` that the Python package `package` carries.

    Threads that spin between runs take a core from the recogniser, so spinning is off.
    """
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    with resources.as_file(resources.files(package).joinpath(name)) as path:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
