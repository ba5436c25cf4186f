package io.darex.bench.cli;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Progress;
import io.darex.bench.encoder.OnnxFolder;
import io.darex.bench.pipeline.Evaluation;
import io.darex.bench.pipeline.UsableModel;
import io.darex.prune.KeptTensor;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.IndexValueFile;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.ModelCard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex export}: a sparse delta for tools that can draw no mask, or a model as ONNX. */
@Command(
    name = "export",
    description = {
      "Write a sparse delta as plain indices and values, for other tools.",
      "For each tensor: NAME.indices, NAME.values (already divided by q) and NAME.shape.",
      "With --onnx write a model, or a base and a delta on it, for ONNX Runtime."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  darex export --delta sst2.safetensors --out plain.safetensors",
      "  darex export --onnx --base minilm-l6 --delta sst2.safetensors --out onnx"
    })
final class ExportCommand implements Callable<Integer> {
  /** An index and a value. */
  private static final int ENTRY_BYTES = Long.BYTES + Float.BYTES;

  @ParentCommand private Main main;

  @Option(
      names = "--onnx",
      description = "Write a folder with model.onnx, config.json and the tokenizer.")
  private boolean onnx;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "With --onnx: the checkpoint, a Hugging Face folder.")
  private String model;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      description =
          "With --onnx, instead of --model: the base of --delta, a folder or a built-in encoder.")
  private String base;

  @Option(
      names = "--delta",
      paramLabel = "FILE",
      description = "The sparse delta; with --onnx also the folder of a PEFT adapter.")
  private Path delta;

  @Option(
      names = "--out",
      paramLabel = "OUT",
      required = true,
      description = "The safetensors file to write; with --onnx the folder.")
  private Path out;

  @Mixin private WorkOptions work;

  @Override
  public Integer call() throws IOException {
    if (onnx) {
      exportModel();
    } else {
      exportDelta();
    }
    main.console().out().println(out);
    return 0;
  }

  private void exportDelta() throws IOException {
    if (delta == null || model != null || base != null) {
      throw new BadInputException(
          "expected --delta, and neither --model nor --base without --onnx, got "
              + (delta == null ? "no --delta" : model != null ? "--model" : "--base"));
    }
    work.requireFile(out, Inputs.of(delta));
    SparseDelta sparse = SparseDeltaFile.read(delta);
    long kept = sparse.kept().values().stream().mapToLong(KeptTensor::kept).sum();
    try (Progress progress = main.console().progressOfBytes("export", kept * ENTRY_BYTES)) {
      IndexValueFile.write(out, sparse, work.options(progress));
    }
  }

  private void exportModel() throws IOException {
    if (model == null ? base == null || delta == null : base != null || delta != null) {
      throw new BadInputException("expected either --model, or --base and --delta, with --onnx");
    }
    String opened = model == null ? base : model;
    work.requireOnnx(out, Inputs.of(delta).andModel(opened));
    UsableModel used = UsableModel.open(opened, Optional.ofNullable(delta), main.console()::say);
    if (used.config().classes() > 0) {
      Evaluation.requireTrained(used.config(), used.weights(), used.source());
    }
    SortedMap<String, byte[]> files = new TreeMap<>(used.tokenizer().contents());
    byte[] own = used.base().files().get(ModelCard.FILE);
    if (delta == null && own != null && !ModelCard.isOurs(own)) {
      files.put(ModelCard.FILE, own); // it is the same model
    }
    files.putIfAbsent(ModelCard.FILE, card(used).text());
    OnnxFolder.write(
        out, used.config(), used.weights(), files, used.source(), work.options().force());
  }

  private static ModelCard card(UsableModel used) {
    List<Map.Entry<String, String>> rows = new ArrayList<>();
    rows.add(Map.entry("outputs", String.join(", ", used.config().labels())));
    used.sparse()
        .flatMap(sparse -> sparse.provenance().base())
        .ifPresent(digest -> rows.add(Map.entry("base", "digest " + digest)));
    used.sparse().ifPresent(sparse -> rows.add(Map.entry("pruned", sparse.provenance().job())));
    return new ModelCard(
        "A model as ONNX",
        Optional.empty(),
        ModelCard.licence(used.base().files()),
        rows,
        List.of(
            used.sparse().isPresent()
                ? "darex export --onnx --base BASE --delta DELTA --out FOLDER"
                : "darex export --onnx --model MODEL --out FOLDER"));
  }
}
