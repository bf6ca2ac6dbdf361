package import Client
import EngineCommands

/// What a client refuses ends a command with the exit code of its kind.
extension ClientError: ErrorWithExitCode {}

/// So does the evidence of a shard.
extension ShardDistrust: ErrorWithExitCode {}
