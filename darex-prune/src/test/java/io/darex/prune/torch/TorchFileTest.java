package io.darex.prune.torch;

import static io.darex.prune.Checkpoints.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.WeightFile;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchFileTest {
  private static final String SIX = "K\2K\3\u0086";
  private static final String ROWS = "K\3K\1\u0086";

  @TempDir Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("pytorch_model.bin"), bytes);
  }

  private SortedMap<String, Tensor> read(byte[] bytes) throws IOException {
    return WeightFile.read(file(bytes));
  }

  @Test
  void whatTorchSavedIsWhatSafetensorsSaved() throws IOException {
    Path plain = folder.resolve("model.safetensors");
    Files.write(plain, TorchZips.resource("weights.safetensors"));

    Checkpoint torch = HuggingFaceFolder.open(file(TorchZips.resource("weights.bin")));
    Checkpoint expected = HuggingFaceFolder.open(plain);

    assertThat(torch.tensors().keySet()).isEqualTo(expected.tensors().keySet());
    expected
        .tensors()
        .forEach(
            (name, tensor) -> {
              Tensor other = torch.tensors().get(name);
              assertThat(other.dtype()).as(name).isEqualTo(tensor.dtype());
              assertThat(other.shape()).as(name).isEqualTo(tensor.shape());
              int count = (int) tensor.count();
              assertThat(other.bytes(0, count)).as(name).isEqualTo(tensor.bytes(0, count));
              if (tensor.dtype().isPrunable()) {
                assertThat(values(other)).as(name).containsExactly(values(tensor));
              }
            });
    assertThat(CheckpointDigest.of(torch)).isEqualTo(CheckpointDigest.of(expected));
  }

  @Test
  void anElementIsTheSameHoweverItIsRead() throws IOException {
    Tensor volume = read(TorchZips.resource("weights.bin")).get("d.volume");
    assertThat(volume).isInstanceOf(StridedTensor.class);
    float[] all = values(volume);
    assertThat(all).hasSize(24);
    for (int from = 0; from < all.length; from++) {
      for (int length = 0; length <= all.length - from; length++) {
        float[] into = new float[length + 2];
        volume.read(from, into, 1, length);
        for (int i = 0; i < length; i++) {
          assertThat(into[i + 1]).isEqualTo(all[from + i]);
          assertThat(volume.bytes(from, length).getFloat(4 * i)).isEqualTo(all[from + i]);
        }
      }
      assertThat(volume.at(from)).isEqualTo(all[from]);
    }
  }

  @Test
  void aFolderTakesSafetensorsFirstAndShardsOfEither() throws IOException {
    byte[] bytes = TorchZips.resource("weights.bin");
    String digest = CheckpointDigest.of(read(bytes).values());
    Files.writeString(folder.resolve("config.json"), "{}");
    assertThat(CheckpointDigest.of(HuggingFaceFolder.open(folder))).isEqualTo(digest);
    assertThat(HuggingFaceFolder.open(folder).config()).contains("{}");

    Files.move(folder.resolve("pytorch_model.bin"), folder.resolve("pytorch_model-1.bin"));
    StringBuilder map = new StringBuilder("{\"weight_map\": {");
    read(bytes)
        .keySet()
        .forEach(name -> map.append('"').append(name).append("\": \"pytorch_model-1.bin\","));
    Files.delete(folder.resolve("pytorch_model.bin"));
    map.setLength(map.length() - 1);
    Path index = folder.resolve("pytorch_model.bin.index.json");
    Files.writeString(index, map + "}}");
    assertThat(CheckpointDigest.of(HuggingFaceFolder.open(folder))).isEqualTo(digest);

    Files.writeString(index, map.toString().replace("model-1.bin", "model-1.bin\\n/x.bin") + "}}");
    assertThatThrownBy(() -> HuggingFaceFolder.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected a file name NAME.bin for tensor");

    Tensor other = new FloatTensor("w", new long[] {1}, new float[] {5});
    Safetensors.write(folder.resolve("model.safetensors"), List.of(other), Map.of(), false);
    assertThat(HuggingFaceFolder.open(folder).tensors()).containsOnlyKeys("w");
  }

  @Test
  void stridesAndOffsetsAreFollowed() throws IOException {
    assertThat(values(read(TorchZips.tensor("FloatStorage", 6, SIX, ROWS, 0)).get("w")))
        .containsExactly(1, 2, 3, 4, 5, 6);
    String turned = "K\1K\2\u0086";
    assertThat(values(read(TorchZips.tensor("FloatStorage", 7, SIX, turned, 1)).get("w")))
        .containsExactly(2, 4, 6, 3, 5, 7);
    Tensor words = read(TorchZips.tensor("IntStorage", 6, SIX, ROWS, 0)).get("w");
    assertThat(words.dtype()).isEqualTo(DType.I32);
  }

  @ParameterizedTest
  @ValueSource(strings = {"state_dict", "model", "model_state_dict"})
  void aStateDictMayLieInATrainersDict(String key) throws IOException {
    String inner = TorchZips.dict("FloatStorage", 2, "K\2\u0085", "K\1\u0085", 0);
    String wrapped = "}(X" + key.length() + ":" + key + inner + "X5:epochK\7X8:settings]K\1au.";
    assertThat(read(TorchZips.archive(wrapped, 2)).keySet()).containsExactly("w");

    String nested = "}(X5:other" + inner + "u.";
    assertThatThrownBy(() -> read(TorchZips.archive(nested, 2)))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected a tensor as other, got a dict");
    String two = "}(X5:model" + inner + "X10:state_dict" + inner + "u.";
    assertThatThrownBy(() -> read(TorchZips.archive(two, 2)))
        .hasMessageContaining("expected one state dict, got state_dict and model");
  }

  @Test
  void zip64IsRead() throws IOException {
    Map<String, byte[]> entries = TorchZips.weights();
    byte[] large = TorchZips.zip(entries, true, 0);
    assertThat(CheckpointDigest.of(read(large).values()))
        .isEqualTo(CheckpointDigest.of(read(TorchZips.resource("weights.bin")).values()));
  }

  @Test
  void compressedEntriesAreRefused() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (var entry : TorchZips.weights().entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    assertThatThrownBy(() -> read(out.toByteArray()))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(
            "stored as it is, as torch.save does, got compression of method 8: load it in Python"
                + " and torch.save it again");
  }

  @Test
  void otherByteOrdersAreRefused() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>(TorchZips.weights());
    entries.put("weights/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> read(TorchZips.zip(entries, false, 0)))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected byte order little, got big");
  }

  @Test
  void whatIsNoTorchZipIsSaid() throws IOException {
    assertThatThrownBy(() -> read(new byte[] {'P', 'K', 3, 4, 0, 0}))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected a zip that ends with its directory, got none");
    byte[] legacy = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e80024de903");
    assertThatThrownBy(() -> read(legacy))
        .hasMessageContaining("since torch 1.6, got the older format; convert it: python -c")
        .hasMessageContaining("FILE");
    assertThatThrownBy(
            () ->
                read(
                    "version https://git-lfs.github.com/spec/v1"
                        .getBytes(StandardCharsets.US_ASCII)))
        .hasMessageContaining("got a Git LFS pointer; fetch the file by: git lfs pull");
    assertThatThrownBy(() -> read("<html>".getBytes(StandardCharsets.US_ASCII)))
        .hasMessageContaining("a web page?");
    assertThatThrownBy(() -> read(new byte[0])).hasMessageContaining("expected a zip, as torch");
    byte[] whole = TorchZips.resource("weights.bin");
    assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length - 5)))
        .hasMessageContaining("a truncated one");
    Map<String, byte[]> other = Map.of("word/document.xml", new byte[3]);
    assertThatThrownBy(() -> read(TorchZips.zip(other, false, 0)))
        .hasMessageContaining("expected an entry word/data.pkl, as torch.save writes it, got none");
  }

  /** Each pickle would do something else than make tensors, or claims what its storages lack. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cposix\\n"
            + "system\\n"
            + "(X2:lstR.| a pickle of tensors only, got posix.system: it is neither loaded nor"
            + " run",
        "cbuiltins\\neval\\n(X2:1+tR.| got builtins.eval",
        "ctorch\\nload\\n(X2:1+tR.| got torch.load",
        "ctorch._utils\\n_rebuild_tensor\\n)R.| got torch._utils._rebuild_tensor:",
        "ctorch.storage\\n_load_from_bytes\\n(X2:1+tR.| got torch.storage._load_from_bytes",
        "(ios\\nsystem\\n.| expected the opcodes of a state dict only, got INST (0x69) at byte 3",
        "P0\\n.| got PERSID (0x50)",
        "ccollections\\n"
            + "OrderedDict\\n"
            + "(K\\1tR.| expected the arguments that torch gives ORDERED_DICT, got [the value 1]",
        "ccollections\\nOrderedDict\\n)\\x81.| got NEWOBJ (0x81)",
        "ctorch\\n"
            + "FloatStorage\\n"
            + ")R.| expected a call of a function, got one of torch FloatStorage",
        "]K\\1b.| expected attributes of a dict only, got those of a list",
        "}(N]u.| expected texts or whole numbers as keys of a dict, got None",
        "}(X1:wu.| expected keys and values for a dict, got 1 values for a dict",
        "](K\\1u.| expected keys and values",
        "X1:wQ.| expected a storage: ('storage', type, key, device, size), got the text 'w'",
        "(X7:storageX1:wX1:0X3:cpuK\\1tQ.| expected a storage:",
        "h\\5.| expected something remembered as 5 in the pickle, got nothing",
        "}| expected a pickle that ends with STOP, got its end before",
        "X99999:w| expected a pickle that ends with STOP",
        "}}.| expected one value at the pickle's end, got 2",
        "u.| expected a mark before byte 3",
        "(q\\0.| expected a value before byte",
        ".| expected a value before byte",
        "].| expected a state dict, tensors by name, got a list",
        "K\\1.| got the value 1",
        "\\x8a\\x09123456789.| expected whole numbers of at most 8 bytes, got 9 bytes",
        "}X1:wX2:osas.| expected a list to append to, got the text 'w'",
      })
  void aPickleThatIsMoreThanTensorsIsRefused(String pickle, String message) {
    StringBuilder text = new StringBuilder();
    Matcher escape = Pattern.compile("\\\\(n|x..|\\d)").matcher(pickle);
    while (escape.find()) {
      String code = escape.group(1);
      char character =
          code.equals("n")
              ? '\n'
              : (char) Integer.parseInt(code.replace("x", ""), code.startsWith("x") ? 16 : 10);
      escape.appendReplacement(text, Matcher.quoteReplacement("" + character));
    }
    escape.appendTail(text);

    assertThatThrownBy(() -> read(TorchZips.archive(text.toString(), 2)))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("pytorch_model.bin: expected ")
        .hasMessageContaining(message);
  }

  @Test
  void aTensorOutsideItsStorageIsRefused() {
    String fits = "K\3K\1\u0086";
    String[][] bad = {
      {"FloatStorage", "\7", SIX, fits, "a storage of 7 times 4 bytes, got 24"},
      {"DoubleStorage", "\6", SIX, fits, "a storage of 6 times 8 bytes, got 24"},
      {"FloatStorage", "\6", "K\2K\4\u0086", fits, "each of its storage's 6 elements once"},
      {"FloatStorage", "\6", "K\u00ffK\u00ff\u0086", "K\0K\0\u0086", "[255, 255], [0, 0], 0"},
      {"FloatStorage", "\6", SIX, "K\1\u0085", "[2, 3], [1], 0"},
      {
        "FloatStorage",
        "\6",
        "J\u00ff\u00ff\u00ff\u00ff\u0085",
        "K\1\u0085",
        "a shape of at most 64 whole numbers, got [the value -1]"
      },
      {"FloatStorage", "\6", "N\u0085", "K\1\u0085", "got [None]"},
      {"QInt8Storage", "\6", SIX, fits, "got torch.QInt8Storage"},
    };
    for (String[] row : bad) {
      byte[] bytes = TorchZips.tensor(row[0], 6, row[2], row[3], 0);
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      byte[] claimed =
          text.replace("cpuK\6", "cpuK" + row[1]).getBytes(StandardCharsets.ISO_8859_1);
      assertThatThrownBy(() -> read(claimed))
          .as(row[4])
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContaining(row[4]);
    }
    assertThatThrownBy(() -> read(TorchZips.tensor("FloatStorage", 6, SIX, fits, 1)))
        .hasMessageContaining("[2, 3], [3, 1], 1");
  }
}
