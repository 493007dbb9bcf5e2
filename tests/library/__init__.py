"""The gateway inside of a program: `tiercel.Gateway`, and `tiercel.Transport` below the SDKs."""
