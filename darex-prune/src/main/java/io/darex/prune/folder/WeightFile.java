package io.darex.prune.folder;

import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.MappedFile;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.torch.TorchFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SortedMap;

/** A file of weights, safetensors or torch's: its first bytes tell which, not its name. */
public final class WeightFile {
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /** What {@code torch.save} began with before torch 1.6: a number of ten bytes, pickled. */
  private static final byte[] LEGACY = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa85019");

  private static final byte[] LFS = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private WeightFile() {}

  /**
   * The tensors by name; of safetensors only the header is read, of a torch file the pickle.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SortedMap<String, Tensor> read(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
    if (begins(file, ZIP)) {
      return TorchFile.read(file);
    }
    String zip = "a zip, as torch.save writes it since torch 1.6";
    if (begins(file, LEGACY)) {
      throw new MalformedFileException(
          path,
          zip,
          "the older format; convert it: python -c \"import torch, sys; f = sys.argv[1];"
              + " torch.save(torch.load(f, map_location='cpu', weights_only=True), f)\" FILE");
    }
    if (isTorchName(path)) {
      throw new MalformedFileException(
          path,
          zip,
          begins(file, LFS)
              ? "a Git LFS pointer; fetch the file by: git lfs pull"
              : begins(file, new byte[] {'<'}) ? "a text that begins with <, a web page?" : "none");
    }
    return Safetensors.of(file).tensors();
  }

  /** Whether it is a file with the name of one of safetensors. */
  static boolean isSafetensors(Path file) {
    return file.getFileName().toString().endsWith(".safetensors") && Files.isRegularFile(file);
  }

  /** Whether it is a file with a name that weights in a folder have, safetensors or torch's. */
  static boolean isNamed(Path file) {
    return isSafetensors(file) || (isTorchName(file) && Files.isRegularFile(file));
  }

  private static boolean isTorchName(Path path) {
    return path.getFileName().toString().matches("(?s).*\\.(bin|pt|pth|ckpt)");
  }

  private static boolean begins(MappedFile file, byte[] with) {
    if (file.size() < with.length) {
      return false;
    }
    ByteBuffer start = file.slice(0, with.length);
    byte[] found = new byte[with.length];
    start.get(found);
    return Arrays.equals(found, with);
  }
}
