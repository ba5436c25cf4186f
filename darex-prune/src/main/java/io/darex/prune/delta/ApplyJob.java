package io.darex.prune.delta;

import io.darex.prune.Checkpoint;
import io.darex.prune.DType;
import io.darex.prune.Provenance;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.file.Output;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.ConfigText;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.InputFiles;
import io.darex.prune.folder.ModelCard;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.folder.WrittenFolder;
import io.darex.prune.safetensors.SafetensorsLayout;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import lombok.With;

/**
 * Applies a sparse-delta file to a base: the dense pruned checkpoint as a Hugging Face folder, or
 * as a bare file where the name ends in {@code .safetensors}. Nothing large is held in memory.
 */
public final class ApplyJob {
  private final Path base;
  private final Path delta;
  private final Checkpoint dense;
  private final SortedMap<String, byte[]> files;
  private final OptionalLong shardBytes;
  private final String identity;
  private final WriteOptions.Inputs weights;
  private final List<String> missing;
  private final ModelCard card;
  private final Optional<RoundingLoss> loss;

  private ApplyJob(
      Path base,
      Path delta,
      Checkpoint dense,
      SortedMap<String, byte[]> files,
      OptionalLong shardBytes,
      String identity,
      WriteOptions.Inputs weights,
      List<String> missing,
      ModelCard card,
      Optional<RoundingLoss> loss) {
    this.base = base;
    this.delta = delta;
    this.dense = dense;
    this.files = files;
    this.shardBytes = shardBytes;
    this.identity = identity;
    this.weights = weights;
    this.missing = missing;
    this.card = card;
    this.loss = loss;
  }

  /**
   * How to apply.
   *
   * @param strength what the delta is multiplied by, finite
   * @param dtype the type of all floating-point tensors; empty for the types that the base stores
   *     them in, and the fine-tuned model those that are carried whole
   * @param shardBytes how many bytes of values one file of a folder may have; empty for any number
   * @param digest whether the base is digested and must be the one that the delta was made from
   */
  @With
  public record Settings(
      double strength, Optional<DType> dtype, OptionalLong shardBytes, boolean digest) {
    /** Full strength, in the types there are, in one file, onto no base but the right one. */
    public static Settings defaults() {
      return new Settings(1, Optional.empty(), OptionalLong.empty(), true);
    }
  }

  /** Opens base and delta as {@link #open(Path, Path, Settings)} does, with the defaults. */
  public static ApplyJob open(Path base, Path delta) throws IOException {
    return open(base, delta, Settings.defaults());
  }

  /**
   * Opens base and delta and checks that they belong together.
   *
   * @throws io.darex.prune.MismatchException if the base is another one, or does not fit
   * @throws io.darex.prune.file.MalformedFileException if a file is at fault
   */
  public static ApplyJob open(Path base, Path delta, Settings settings) throws IOException {
    double strength = settings.strength();
    Optional<DType> dtype = settings.dtype();
    Checkpoint onto = HuggingFaceFolder.open(base);
    SparseDelta sparse = SparseDeltaFile.read(delta);
    SortedMap<String, Tensor> before = sparse.matching(onto);
    if (settings.digest()) {
      CheckpointDigest.requireBase(sparse, onto);
    }
    Checkpoint pruned = sparse.applyTo(onto, strength);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    Map<String, DType> written = new HashMap<>();
    pruned
        .tensors()
        .forEach(
            (name, tensor) -> {
              DType stored = before.getOrDefault(name, tensor).dtype();
              DType wanted = stored.isPrunable() ? dtype.orElse(stored) : stored;
              written.put(name, wanted);
              tensors.put(
                  name, stored.isPrunable() ? ConvertedTensor.lenient(tensor, wanted) : tensor);
            });
    Optional<String> config =
        pruned
            .config()
            .map(text -> ConfigText.withDtype(text, tensors.values()))
            .map(text -> ConfigText.withVocabulary(text, tensors.values()));
    List<String> missing = new ArrayList<>();
    SortedMap<String, byte[]> beside = SideFiles.read(base);
    SortedMap<String, byte[]> files =
        SideFiles.restored(sparse.provenance().files(), beside, missing);
    int threads = Runtime.getRuntime().availableProcessors();
    return new ApplyJob(
        base,
        delta,
        new InMemoryCheckpoint(tensors, config),
        files,
        settings.shardBytes(),
        InputFiles.state(base) + InputFiles.state(delta) + strength,
        InputFiles.weights(base, delta),
        missing,
        card(sparse, settings, ModelCard.licence(beside)),
        RoundingLoss.of(sparse, before, strength, written, threads));
  }

  private static ModelCard card(SparseDelta sparse, Settings settings, Optional<String> licence) {
    Provenance from = sparse.provenance();
    String how =
        (settings.strength() == 1 ? "" : " --scale " + settings.strength())
            + settings
                .dtype()
                .map(type -> " --dtype " + type.name().toLowerCase(Locale.ROOT))
                .orElse("");
    return new ModelCard(
        "A fine-tune, pruned",
        Optional.empty(),
        licence,
        List.of(
            Map.entry("base", "digest " + from.base().orElse("unknown")),
            Map.entry("fine-tune", "digest " + from.tuned().orElse("unknown")),
            Map.entry("pruned", from.job()),
            Map.entry("metric", "of this model unknown; the second command measures it")),
        List.of(
            "darex apply --base BASE --delta DELTA" + how + " --out FOLDER",
            "darex evaluate --model FOLDER --task TASK"));
  }

  /**
   * What a user should know of the output, a line each: what its types round away, and which files
   * of the tuned model it lacks.
   *
   * @param out where it goes
   */
  public List<String> notes(Path out) {
    List<String> notes = new ArrayList<>();
    loss.ifPresent(each -> notes.add(each.toString()));
    if (isBare(out)) {
      if (!files.isEmpty()) {
        notes.add(
            "a bare file has no place for "
                + String.join(", ", files.keySet())
                + "; --out FOLDER writes them");
      }
    } else if (!missing.isEmpty()) {
      notes.add(
          "not written, since they are not beside the base's weights as they were: "
              + String.join(", ", missing));
    }
    return notes;
  }

  private static boolean isBare(Path out) {
    return out.toString().endsWith(".safetensors");
  }

  /** Bytes of the values that will be written. */
  public long bytes() {
    return dense.tensors().values().stream().mapToLong(SafetensorsLayout::bytes).sum();
  }

  /**
   * Writes the checkpoint: weights and {@code config.json}, and into a folder whatever else lay
   * beside the tuned model's weights, its tokenizer above all.
   *
   * @param options any {@link WriteOptions#identity()} is replaced by this job's own
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@link WriteOptions#force()}
   *     is not given
   * @throws io.darex.prune.file.RefusedOutputException if it would take the place of base or delta,
   *     or of a folder that was not written here
   * @throws io.darex.prune.NonFiniteException if a value is NaN or infinite that the base and the
   *     tensors carried whole have not, or too large for its type; nothing is left then
   * @throws IOException as {@link SafetensorsWriter#write} does
   */
  public void run(Path out, WriteOptions options) throws IOException {
    WriteOptions known = options.withIdentity(identity).withInputs(weights);
    if (isBare(out)) {
      Output.requireFile(out, options.force(), List.of(base, delta));
      SafetensorsWriter.write(
          out, dense.tensors().values(), HuggingFaceFolder.METADATA, known, Seal.NONE);
    } else {
      WrittenFolder.require(out, options.force(), List.of(base, delta));
      SortedMap<String, byte[]> all = new TreeMap<>(files);
      all.putIfAbsent(ModelCard.FILE, card.text());
      HuggingFaceFolder.write(out, dense, all, shardBytes, known);
    }
  }
}
