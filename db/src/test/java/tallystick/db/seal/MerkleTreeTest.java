package tallystick.db.seal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The roots are those of the reference implementation of RFC 6962.
class MerkleTreeTest {
    private static final List<String> LEAVES =
            List.of(
                    "",
                    "00",
                    "10",
                    "2021",
                    "3031",
                    "40414243",
                    "5051525354555657",
                    "606162636465666768696a6b6c6d6e6f");

    private static final List<String> ROOTS =
            List.of(
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    @Test
    void isThatOfTheStandard() {
        for (int size = 1; size <= LEAVES.size(); size++) {
            MerkleTree tree = new MerkleTree();
            LEAVES.subList(0, size).forEach(leaf -> tree.add(HexFormat.of().parseHex(leaf)));
            assertThat(HexFormat.of().formatHex(tree.root()))
                    .as("%d leaves", size)
                    .isEqualTo(ROOTS.get(size - 1));
        }
    }

    @Test
    void everyPathLeadsToTheRoot() {
        for (int size = 1; size <= 33; size++) {
            MerkleTree tree = new MerkleTree();
            for (int i = 0; i < size; i++) {
                tree.add(new byte[] {(byte) i});
            }
            for (int i = 0; i < size; i++) {
                byte[] hash = MerkleTree.leafHash(new byte[] {(byte) i});
                for (MerkleTree.Step step : tree.path(i)) {
                    hash =
                            step.isLeft()
                                    ? MerkleTree.nodeHash(step.hash(), hash)
                                    : MerkleTree.nodeHash(hash, step.hash());
                }
                assertThat(hash).as("leaf %d of %d", i, size).isEqualTo(tree.root());
                assertThat(tree.path(i)).hasSizeLessThanOrEqualTo(6);
            }
        }
    }

    @Test
    void theTreeOfBatchesIsKeptByItsPeaksAlone() {
        MerkleTree tree = new MerkleTree();
        BatchTree kept = new BatchTree(0, new byte[0]);
        for (int sequence = 1; sequence <= 70; sequence++) {
            byte[] digest = MerkleTree.leafHash(new byte[] {(byte) sequence});
            assertThat(kept.root()).as("before batch %d", sequence).isEqualTo(tree.root());
            tree.add(BatchTree.leaf(sequence, digest));
            kept.add(sequence, digest);
            kept = new BatchTree(kept.size(), kept.peaks());
        }
        assertThat(kept.root()).isEqualTo(tree.root());
    }
}
