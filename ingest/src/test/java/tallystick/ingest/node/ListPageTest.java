package tallystick.ingest.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import org.junit.jupiter.api.Test;
import tallystick.ingest.IngestException;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.ListInvoiceResponse;

class ListPageTest {
    @Test
    void keepsEachElementsBytes() {
        // A field that this program does not know, before one that it knows: parsing and writing
        // would change the order.
        ByteString element =
                UnknownFieldSet.newBuilder()
                        .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                        .build()
                        .toByteString()
                        .concat(Invoice.newBuilder().setMemo("m").build().toByteString());
        ByteString answer =
                UnknownFieldSet.newBuilder()
                        .addField(
                                1,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(element)
                                        .addLengthDelimited(ByteString.EMPTY)
                                        .build())
                        .addField(2, UnknownFieldSet.Field.newBuilder().addVarint(42).build())
                        .addField(7, UnknownFieldSet.Field.newBuilder().addFixed32(1).build())
                        .build()
                        .toByteString();

        ListPage page = page(answer);

        assertThat(page.elements()).containsExactly(element, ByteString.EMPTY);
        assertThat(page.next()).isEqualTo(42);
    }

    @Test
    void emptyAnswerHasNothing() {
        assertThat(page(ByteString.EMPTY).elements()).isEmpty();
        assertThat(page(ByteString.EMPTY).next()).isZero();
    }

    @Test
    void saysWhichAnswerIsNotReadable() {
        assertThatThrownBy(() -> page(ByteString.copyFrom(new byte[] {10, 100})))
                .isInstanceOf(IngestException.class)
                .hasMessage("/l/List: answer of 2 bytes is not readable (expected: protobuf)");
    }

    private static ListPage page(ByteString answer) {
        return ListPage.of(
                "/l/List",
                answer,
                ListInvoiceResponse.INVOICES_FIELD_NUMBER,
                ListInvoiceResponse.LAST_INDEX_OFFSET_FIELD_NUMBER);
    }
}
