package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.prune.Checkpoint;
import io.darex.prune.DarexVersion;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Contents;
import io.darex.prune.file.Output;
import io.darex.prune.folder.WrittenFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.StringStringEntryProto;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;
import org.nd4j.shade.protobuf.WireFormat;

/**
 * A model as {@value #MODEL} with config.json and tokenizer beside it, for ONNX Runtime and what is
 * built on it.
 */
public final class OnnxFolder {
  public static final String MODEL = "model.onnx";

  private static final String CONFIG = "config.json";

  /** What a protobuf message may have, with room for all that is no weight. */
  private static final long MOST = Integer.MAX_VALUE - (1L << 24);

  /** The first operators with layer normalisation among them, and the format of their time. */
  private static final int OPERATORS = 17;

  private static final int FORMAT = 8;

  private OnnxFolder() {}

  /**
   * Refuses a folder that may not be written.
   *
   * @throws IOException as {@link Output#requireFolder} does
   */
  public static void require(Path out, boolean force, Collection<Path> inputs) throws IOException {
    Output.requireFolder(out, force, OnnxFolder::contents, inputs);
  }

  /**
   * Writes a folder.
   *
   * @param config with the names of its classes; without any the graph ends in the last hidden
   *     state
   * @param weights with all parameters of the encoder and its head
   * @param files what lies beside the model, by name
   * @param source how messages name the model
   * @throws BadInputException if it has more bytes than such a file can have, or vectors of one
   *     element
   * @throws IOException as {@link AtomicWrite#folder} does
   */
  public static void write(
      Path out,
      EncoderConfig config,
      Checkpoint weights,
      SortedMap<String, byte[]> files,
      String source,
      boolean force)
      throws IOException {
    long bytes =
        Parameters.shapes(config).values().stream()
            .mapToLong(shape -> Tensor.count(shape) * Float.BYTES)
            .sum();
    if (bytes > MOST) {
      throw new BadInputException(
          source
              + ": expected at most "
              + MOST
              + " bytes of weights in fp32, which an ONNX file can hold, got "
              + bytes);
    }
    if (Math.min(config.hiddenSize(), config.embeddingSize()) == 1) {
      throw new BadInputException(
          source
              + ": expected hidden_size and embedding_size of at least 2, as ONNX Runtime"
              + " normalises no single number, got 1");
    }
    SortedMap<String, byte[]> all = new TreeMap<>(files);
    all.put(CONFIG, weights.config().orElse(config.toJson()).getBytes(StandardCharsets.UTF_8));
    Set<String> names = new TreeSet<>(all.keySet());
    names.add(MODEL);
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(FORMAT)
            .setProducerName("darex")
            .setProducerVersion(DarexVersion.text())
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATORS))
            .setGraph(OnnxGraph.of(config, weights));
    WrittenFolder.mark(Map.of(), names, all)
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    AtomicWrite.folder(
        out,
        force,
        OnnxFolder::contents,
        folder -> {
          try (OutputStream stream = Files.newOutputStream(folder.resolve(MODEL))) {
            model.build().writeTo(stream);
          }
          for (Map.Entry<String, byte[]> file : all.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
          }
        });
  }

  /** What of a folder was written here: nothing where the model has not the mark. */
  private static Contents contents(Path folder) throws IOException {
    Path model = folder.resolve(MODEL);
    return Files.isRegularFile(model, LinkOption.NOFOLLOW_LINKS)
        ? WrittenFolder.named(folder, metadata(model))
        : Contents.none();
  }

  /** What is written into a model besides its graph, which is passed over. */
  private static Map<String, String> metadata(Path model) throws IOException {
    Map<String, String> metadata = new TreeMap<>();
    try (InputStream stream = Files.newInputStream(model)) {
      CodedInputStream in = CodedInputStream.newInstance(stream);
      in.setSizeLimit(Integer.MAX_VALUE);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == ModelProto.METADATA_PROPS_FIELD_NUMBER) {
          StringStringEntryProto entry = StringStringEntryProto.parseFrom(in.readByteArray());
          metadata.put(entry.getKey(), entry.getValue());
        } else if (!in.skipField(tag)) {
          return Map.of();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      return Map.of(); // not written here
    }
    return metadata;
  }
}
