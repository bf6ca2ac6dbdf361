package import Client
import EngineCommands

/// What a client refuses ends a command with the exit code of its kind.
extension ClientError: ErrorWithExitCode {}
