"""What only ``orders dev`` uses: mails kept where a developer can look at them."""
