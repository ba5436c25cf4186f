package io.darex.bench.cli;

import io.darex.bench.config.Names;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.WrittenFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex encoder}: the encoders that come with darex. */
@Command(
    name = "encoder",
    description = "List and export the built-in encoders.",
    mixinStandardHelpOptions = true,
    subcommands = {EncoderCommand.ListCommand.class, EncoderCommand.ExportCommand.class},
    footer = {"", "Example: darex encoder export minilm-l6 --out minilm"})
final class EncoderCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Override
  public Integer call() {
    for (String name : BuiltInEncoders.names()) {
      String missing =
          BuiltInEncoders.present(name)
              ? ""
              : "  (not in this build: DAREX_PROFILES=" + BuiltInEncoders.profile(name) + ")";
      main.console().out().println(name + missing);
    }
    return 0;
  }

  /** {@code darex encoder list}. */
  @Command(
      name = "list",
      description = "Print the names of the built-in encoders.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example: darex encoder list"})
  static final class ListCommand implements Callable<Integer> {
    @ParentCommand private EncoderCommand parent;

    @Override
    public Integer call() {
      return parent.call();
    }
  }

  /** {@code darex encoder export}. */
  @Command(
      name = "export",
      description = "Write a built-in encoder as a Hugging Face folder.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example: darex encoder export minilm-l6 --out minilm"})
  static final class ExportCommand implements Callable<Integer> {
    @ParentCommand private EncoderCommand parent;

    @Parameters(paramLabel = "NAME", description = "Name of the encoder.")
    private String name;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        required = true,
        description = "Folder to write: config.json, model.safetensors, tokenizer files.")
    private Path out;

    @Option(names = "--force", description = "Replace DIR, if all in it was written by darex.")
    private boolean force;

    @Override
    public Integer call() throws Exception {
      if (!BuiltInEncoders.names().contains(name)) {
        throw new BadInputException(Names.unknown("encoder", name, BuiltInEncoders.names()));
      }
      WrittenFolder.require(out, force, List.of());
      Pretrained encoder = BuiltInEncoders.read(name);
      HuggingFaceFolder.write(out, encoder.checkpoint(), encoder.files(), force);
      parent.main.console().out().println(out);
      return 0;
    }
  }
}
